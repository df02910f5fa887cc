/* keypad_ifd: a card reader with keys, for tests. A shared object that pcscd loads: it is vpcd's driver (which it opens
 * and hands everything on to) with FEATURE_VERIFY_PIN_DIRECT of PC/SC part 10 on top. It is as strict about the
 * structure it is sent as such a reader would be.
 * The resident's fingers: each question takes the next line of the file KEYPAD_SCRIPT: a PIN, "cancel", "wait" (too
 * long), "pull" (the question is answered by a card that has gone). What was asked is appended to KEYPAD_SCRIPT.log.
 * Without KEYPAD_SCRIPT it is a reader without keys.
 * Its device is gone while the file READER_GONE is there: every call says so. A number in the file READER_GONE.at: it
 * goes at that command from now (rig_pull_reader, rig_pull_reader_at). */
#include <dlfcn.h>
#include <ifdhandler.h>
#include <reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRIVER      "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
#define VERIFY_CODE SCARD_CTL_CODE(3406)
#define HEAD        19 /* bytes of PIN_VERIFY_STRUCTURE before the command */

static void *driver(const char *name)
{
    static void *library;
    if (!library)
        library = dlopen(DRIVER, RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, name) : NULL;
}

/* ---- the plug ---- */

static int is_gone(void)
{
    const char *path = getenv("READER_GONE");
    return path && access(path, F_OK) == 0;
}

/* One more command: is it the one at which the plug is pulled? */
static void count_command(void)
{
    static int left;
    const char *gone = getenv("READER_GONE");
    char path[512];
    snprintf(path, sizeof path, "%s.at", gone ? gone : "");
    FILE *f = gone ? fopen(path, "r") : NULL;
    if (f) {
        if (fscanf(f, "%d", &left) != 1)
            left = 0;
        fclose(f);
        unlink(path);
    }
    if (left > 0 && --left == 0 && (f = fopen(gone, "w")))
        fclose(f);
}

/* NAME of the driver under it, called with the same arguments. */
#define HAND_ON(NAME, TYPES, ...)                                                                                      \
    do {                                                                                                               \
        RESPONSECODE(*f) TYPES;                                                                                        \
        *(void **)&f = driver(NAME);                                                                                   \
        return is_gone() ? IFD_NO_SUCH_DEVICE : f ? f(__VA_ARGS__) : IFD_COMMUNICATION_ERROR;                          \
    } while (0)

RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name)
{
    HAND_ON("IFDHCreateChannelByName", (DWORD, LPSTR), lun, name);
}

RESPONSECODE IFDHCreateChannel(DWORD lun, DWORD channel)
{
    HAND_ON("IFDHCreateChannel", (DWORD, DWORD), lun, channel);
}

/* A device that is gone is closed, too. */
RESPONSECODE IFDHCloseChannel(DWORD lun)
{
    RESPONSECODE (*f)(DWORD);
    *(void **)&f = driver("IFDHCloseChannel");
    return f ? f(lun) : IFD_COMMUNICATION_ERROR;
}

RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD length, PUCHAR value)
{
    HAND_ON("IFDHGetCapabilities", (DWORD, DWORD, PDWORD, PUCHAR), lun, tag, length, value);
}

RESPONSECODE IFDHSetCapabilities(DWORD lun, DWORD tag, DWORD length, PUCHAR value)
{
    HAND_ON("IFDHSetCapabilities", (DWORD, DWORD, DWORD, PUCHAR), lun, tag, length, value);
}

RESPONSECODE IFDHSetProtocolParameters(DWORD lun, DWORD protocol, UCHAR flags, UCHAR pts1, UCHAR pts2, UCHAR pts3)
{
    HAND_ON("IFDHSetProtocolParameters", (DWORD, DWORD, UCHAR, UCHAR, UCHAR, UCHAR), lun, protocol, flags, pts1, pts2,
            pts3);
}

RESPONSECODE IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD n)
{
    HAND_ON("IFDHPowerICC", (DWORD, DWORD, PUCHAR, PDWORD), lun, action, atr, n);
}

RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER send, PUCHAR command, DWORD n, PUCHAR answer, PDWORD got,
                               PSCARD_IO_HEADER receive)
{
    count_command();
    HAND_ON("IFDHTransmitToICC", (DWORD, SCARD_IO_HEADER, PUCHAR, DWORD, PUCHAR, PDWORD, PSCARD_IO_HEADER), lun, send,
            command, n, answer, got, receive);
}

RESPONSECODE IFDHICCPresence(DWORD lun)
{
    HAND_ON("IFDHICCPresence", (DWORD), lun);
}

/* ---- the keys ---- */

static void note(const char *script, const PUCHAR asked, DWORD n)
{
    char path[512];
    snprintf(path, sizeof path, "%s.log", script);
    FILE *f = fopen(path, "a");
    for (DWORD i = 0; f && i < n; i++)
        fprintf(f, "%02X", asked[i]);
    if (f && fputs("\n", f) >= 0)
        fclose(f);
}

/* The next line of the script, taken; "" at its end. */
static void take_line(const char *script, char line[64])
{
    char path[512];
    int n = 0;
    snprintf(path, sizeof path, "%s.n", script);
    FILE *count = fopen(path, "r");
    if (count) {
        if (fscanf(count, "%d", &n) != 1)
            n = 0;
        fclose(count);
    }
    FILE *lines = fopen(script, "r");
    line[0] = 0;
    for (int i = 0; lines && i <= n; i++)
        if (!fgets(line, 64, lines))
            line[0] = 0;
    if (lines)
        fclose(lines);
    line[strcspn(line, "\n")] = 0;
    count = fopen(path, "w");
    if (count) {
        fprintf(count, "%d", n + 1);
        fclose(count);
    }
}

static RESPONSECODE say(PUCHAR out, DWORD room, LPDWORD got, unsigned sw)
{
    if (room < 2)
        return IFD_ERROR_INSUFFICIENT_BUFFER;
    out[0] = (UCHAR)(sw >> 8);
    out[1] = (UCHAR)sw;
    *got = 2;
    return IFD_SUCCESS;
}

/* Part 10, 2.5.2, as far as this reader goes: bytes, ASCII, no length inside the PIN block, ended by the OK key. */
static int is_understood(const PIN_VERIFY_STRUCTURE *p, DWORD n)
{
    if (n < HEAD + 4 || p->ulDataLength != n - HEAD || p->bmFormatString != 0x82 || p->bmPINLengthFormat != 0 ||
        p->bEntryValidationCondition != 2 || p->bMsgIndex != 0)
        return 0;
    unsigned block = p->bmPINBlockString, min = p->wPINMaxExtraDigit >> 8, max = p->wPINMaxExtraDigit & 0xFF;
    if (min == 0 || min > max || max > 16)
        return 0;
    return block == 0 ? p->ulDataLength == 4
                      : block == max && min == max && p->ulDataLength == 5 + block && p->abData[4] == block;
}

static RESPONSECODE verify(DWORD lun, PUCHAR asked, DWORD n, PUCHAR out, DWORD room, LPDWORD got)
{
    const char *script = getenv("KEYPAD_SCRIPT");
    const PIN_VERIFY_STRUCTURE *p = (const void *)asked;
    char line[64];
    unsigned char command[64], answer[300];
    if (!script)
        return IFD_NOT_SUPPORTED;
    note(script, asked, n);
    if (!is_understood(p, n))
        return say(out, room, got, 0x6B80);
    take_line(script, line);
    size_t length = strlen(line);
    if (strcmp(line, "pull") == 0)
        return IFD_COMMUNICATION_ERROR;
    if (!*line || strcmp(line, "cancel") == 0 || strcmp(line, "wait") == 0)
        return say(out, room, got, strcmp(line, "wait") == 0 ? 0x6400 : 0x6401);
    if (length < p->wPINMaxExtraDigit >> 8 || length > (p->wPINMaxExtraDigit & 0xFFU))
        return say(out, room, got, 0x6403);
    memcpy(command, p->abData, 4);
    command[4] = (unsigned char)length;
    memcpy(command + 5, line, length);
    SCARD_IO_HEADER header = {SCARD_PROTOCOL_T1, sizeof header}, received = header;
    DWORD answered = sizeof answer;
    RESPONSECODE r = IFDHTransmitToICC(lun, header, command, 5 + length, answer, &answered, &received);
    if (r != IFD_SUCCESS || answered < 2 || answered > room)
        return IFD_COMMUNICATION_ERROR;
    memcpy(out, answer, answered);
    *got = answered;
    return IFD_SUCCESS;
}

static RESPONSECODE features(PUCHAR out, DWORD room, LPDWORD got)
{
    const unsigned code = VERIFY_CODE;
    const unsigned char all[] = {FEATURE_GET_TLV_PROPERTIES,
                                 4,
                                 0x42,
                                 0x33,
                                 0x00,
                                 0x12,
                                 FEATURE_VERIFY_PIN_DIRECT,
                                 4,
                                 (unsigned char)(code >> 24),
                                 (unsigned char)(code >> 16),
                                 (unsigned char)(code >> 8),
                                 (unsigned char)code};
    if (room < sizeof all)
        return IFD_ERROR_INSUFFICIENT_BUFFER;
    memcpy(out, all, sizeof all);
    *got = sizeof all;
    return IFD_SUCCESS;
}

RESPONSECODE IFDHControl(DWORD lun, DWORD code, PUCHAR in, DWORD n, PUCHAR out, DWORD room, LPDWORD got)
{
    *got = 0;
    if (is_gone())
        return IFD_NO_SUCH_DEVICE;
    if (code == CM_IOCTL_GET_FEATURE_REQUEST && getenv("KEYPAD_SCRIPT"))
        return features(out, room, got);
    return code == VERIFY_CODE ? verify(lun, in, n, out, room, got) : IFD_NOT_SUPPORTED;
}
