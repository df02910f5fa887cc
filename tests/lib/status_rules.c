#include "tests/lib/status_rules.h"

#define JPKI     "00A4040C0AD392F000260100000001"
#define TEXT     "00A4040C0AD3921000310001010408"
#define FACE     "00A4040C0AD3921000310001010402"
#define REGISTRY "00A4040C0AD3921000310001010401"
#define COMMON   "00A4040C0AD3921000310001010100"
#define ISD      "00A4040C08A000000151000000"

#define AUTH_PIN  "002000980431323334"
#define SIGN_PIN  "0020009B06414243313233"
#define TEXT_PIN  "002000910431323334"
#define REG_PIN   "0020009C0431323334"
#define WRONG     "002000980439393939"
#define NUMBER_B  "002000950E3331303331343230333530303030"
#define SIGN_AUTH "802A0097040102030400"
#define SIGN_SIGN "802A009A040102030400"
#define HASH      "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

const struct status_rule status_rules[] = {
    /* 9000 */
    {0x9000, "1.1", "", JPKI, 0, false},
    {0x9000, "1.1", "", TEXT, 0, false},
    {0x9000, "1.1", "", FACE, 0, false},
    {0x9000, "1.1", "", REGISTRY, 0, false},
    {0x9000, "1.1", "", COMMON, 0, false},
    {0x9000, "1.1", "", ISD, 0, false},
    {0x9000, "1.1 partial name", "", "00A4040C05D392F00026", 0, false},
    {0x9000, "1.1 next occurrence", "00A4040C05D392100031", "00A4040205D392100031", 0, false},
    {0x6A82, "1.1 no further occurrence", JPKI, "00A4040205D392F00026", 0, false},
    {0x9000, "1.3 empty SELECT has no effect", JPKI "|00A4020C020018|00A40000", "00B08A0004", 0, false},
    {0x9000, "1.4 same application keeps the PIN", JPKI "|" AUTH_PIN "|" JPKI, SIGN_AUTH, 0, false},
    {0x9000, "2.2 success", JPKI, AUTH_PIN, 0, false},
    {0x9000, "2.3 many signatures", JPKI "|" AUTH_PIN "|" SIGN_AUTH, SIGN_AUTH, 0, false},
    {0x9000, "2.3 P1 01", JPKI "|" AUTH_PIN,
     "802A019703616263"
     "00",
     0, false},
    {0x9000, "2.3 P1 02", JPKI "|" AUTH_PIN, "802A029720" HASH "00", 0, false},
    {0x9000, "2.3 P1 03", JPKI "|" AUTH_PIN,
     "802A039703616263"
     "00",
     0, false},
    {0x9000, "2.3 P1 04", JPKI "|" AUTH_PIN, "802A049720" HASH "00", 0, false},
    {0x9000, "2.3 P1 05", JPKI "|" AUTH_PIN,
     "802A059703616263"
     "00",
     0, false},
    {0x9000, "2.3 challenge", JPKI, "0084000008", 0, false},
    {0x9000, "2.3 internal authenticate", COMMON,
     "008800990461626364"
     "00",
     0, false},
    {0x9000, "2.3 change of PIN", JPKI "|" AUTH_PIN, "002401980435363738", 0, true},
    {0x9000, "2.3 change of sign password", JPKI "|" SIGN_PIN, "0024019B0741424331323334", 0, true},
    {0x9000, "2.3 change of text PIN", TEXT "|" TEXT_PIN, "002401910435363738", 0, true},
    {0x9000, "2.3 change of registry PIN", REGISTRY "|" REG_PIN, "8032009C0435363738", 0, true},
    {0x9000, "2.4 verified already, ISO's way", JPKI "|" AUTH_PIN, "00200098", CHIP_VERIFIED_9000, false},
    {0x9000, "2.6", COMMON, "00B2010C00", 0, false},
    {0x9000, "3.1 number B", TEXT "|" NUMBER_B, "00B0820000", 0, false},
    {0x9000, "3.1 chip key without PIN", TEXT "|00A4020C020013",
     "802A00000401020304"
     "00",
     0, false},
    /* 62xx 63xx */
    {0x6282, "2.4 Le past the end", JPKI, "00B0869000", CHIP_SAYS_EOF, false},
    {0x9000, "2.4 Le past the end", JPKI, "00B0869000", 0, false},
    {0x63C3, "2.3 tries", JPKI, "00200098", 0, false},
    {0x63C3, "2.3 tries of the current EF", JPKI "|00A4020C020018", "00200080", 0, false},
    {0x63C3, "9.6 Lc=0 asks too", JPKI, "0020009800", 0, false},
    {0x63C5, "2.2 sign password", JPKI, "0020009B", 0, false},
    {0x63C3, "2.2 text PIN", TEXT, "00200091", 0, false},
    {0x63C3, "2.2 registry PIN", COMMON, "0020009C", 0, false},
    {0x63C3, "2.5 while verified", JPKI "|" AUTH_PIN, "00200098", 0, false},
    {0x63C2, "2.4 wrong", JPKI, WRONG, 0, true},
    {0x63C0, "2.4 the attempt that blocks", JPKI "|" WRONG "|" WRONG, WRONG, 0, true},
    {0x63C4, "2.2 case counts", JPKI, "0020009B06616263313233", 0, true},
    {0x63C2, "9.6 wrong length is a try", JPKI, "00200098053132333435", 0, true},
    {0x6700, "9.6 wrong length, the other chip", JPKI, "00200098053132333435", CHIP_LENGTH_IS_FREE, false},
    {0x63C3, "9.6 ... costs nothing there", JPKI "|00200098053132333435", "00200098", CHIP_LENGTH_IS_FREE, false},
    /* 65xx 66xx 67xx 68xx 69xx */
    {0x6581, "2.4 memory failure", JPKI, WRONG, CHIP_WORN_OUT, true},
    {0x66F1, "2.4 SET SESSION KEY in common", COMMON, "80AE0000", 0, false},
    {0x66F1, "2.4 SET SESSION KEY in face", FACE, "80AE0000", 0, false},
    {0x6700, "1.3 long object, short Le", ISD, "00CA7F2100", 0, false},
    {0x9000, "1.3 ... extended Le", ISD, "00CA7F21000000", 0, false},
    {0x6700, "1.2 no extended length", JPKI, "00B08600000100", CHIP_SHORT_ONLY, false},
    {0x6700, "2.3 last-command on a card", JPKI, "80FC0000", 0, false},
    {0x6700, "2.3 more than 245 bytes", JPKI "|" AUTH_PIN,
     "802A0097F6" HASH HASH HASH HASH HASH HASH HASH "000102030405060708090A0B0C0D0E0F101112131415"
     "00",
     0, false},
    {0x6700, "2.3 new PIN too short", JPKI "|" AUTH_PIN, "0024019803353637", 0, false},
    {0x6881, "1.3 logical channel", "", "01A4040C0AD392F000260100000001", 0, false},
    {0x6882, "1.3 secure messaging on SELECT", "", "0CA4040C0AD392F000260100000001", 0, false},
    {0x69FC, "1.3 secure messaging elsewhere", JPKI, "0CB0000004", 0, false},
    {0x69FC, "1.3 secure messaging elsewhere", JPKI, "08200098", 0, false},
    {0x6981, "2.4 READ BINARY on a key", JPKI "|00A4020C020017", "00B0000004", 0, false},
    {0x6981, "2.4 READ BINARY on a PIN", JPKI "|00A4020C020018", "00B0000004", 0, false},
    {0x6982, "2.1 sign certificate", JPKI "|00A4020C020001", "00B0000004", 0, false},
    {0x6982, "2.1 ... the other PIN", JPKI "|" AUTH_PIN, "00B0810004", 0, false},
    {0x6982, "2.1 key", JPKI, SIGN_AUTH, 0, false},
    {0x6982, "2.1 ... the other PIN", JPKI "|" AUTH_PIN, SIGN_SIGN, 0, false},
    {0x6982, "1.4 another application clears", JPKI "|" AUTH_PIN "|" ISD "|" JPKI, SIGN_AUTH, 0, false},
    {0x6982, "1.4 power off clears", JPKI "|" AUTH_PIN "|power|" JPKI, SIGN_AUTH, 0, false},
    {0x6982, "2.3 change without the old", JPKI, "002401980435363738", 0, false},
    {0x6982, "2.3 change key without the old", REGISTRY, "8032009C0435363738", 0, false},
    {0x6982, "2.3 registry PIN has its own command", REGISTRY "|" REG_PIN, "0024019C0435363738", 0, false},
    {0x6982, "3.1 items without PIN", TEXT, "00B0820004", 0, false},
    {0x6982, "3.1 integrity needs the PIN itself", TEXT "|" NUMBER_B, "00B0830004", 0, false},
    {0x6982, "3.3 face without number", FACE, "00B0820004", 0, false},
    {0x6983, "2.4 blocked, ISO's way", JPKI "|" WRONG "|" WRONG "|" WRONG, "00200098", CHIP_BLOCKED_6983, true},
    {0x6984, "2.4 blocked: the question", JPKI "|" WRONG "|" WRONG "|" WRONG, "00200098", 0, true},
    {0x6984, "2.4 blocked: the right PIN", JPKI "|" WRONG "|" WRONG "|" WRONG, AUTH_PIN, 0, true},
    {0x6984, "2.4 blocked for ever", JPKI "|" WRONG "|" WRONG "|" WRONG "|power|" JPKI, AUTH_PIN, 0, true},
    {0x6984, "3.1 text 0012 is blocked on every card", TEXT, "00200092", 0, false},
    {0x6985, "2.3 a hash of wrong length", JPKI "|" AUTH_PIN,
     "802A02970401020304"
     "00",
     0, false},
    {0x6985, "3.1 no secure messaging", TEXT, "80AE0000", 0, false},
    {0x6986, "9.2 nothing selected", "", "00B0000004", 0, false},
    {0x6986, "9.2 nothing selected", "", "00200080", 0, false},
    {0x6986, "2.4 no current EF", JPKI, "00B0000004", 0, false},
    {0x6986, "2.4 no current EF", JPKI, "00200080", 0, false},
    /* 6Axx to 6Fxx */
    {0x6A80, "9.7 letters in a PIN of digits", JPKI "|" AUTH_PIN, "002401980435363741", 0, false},
    {0x6A82, "9.2 unknown name", JPKI, "00A4040C0AD392F000260100000002", 0, false},
    {0x63C3, "9.2 ... and the current one stays", JPKI "|00A4040C0AD392F000260100000002", "00200098", 0, false},
    {0x6A82, "2.4 no such file", JPKI, "00A4020C020003", 0, false},
    {0x6A82, "1.3 master file by its id", JPKI, "00A40000023F00", 0, false},
    {0x6A82, "9.2 SELECT EF with nothing selected", "", "00A4020C020018", 0, false},
    {0x6A83, "2.4 no such record", COMMON, "00B2020C00", 0, false},
    {0x6A86, "1.3 empty SELECT after a cold reset", "", "00A40000", 0, false},
    {0x6A86, "2.3 EF by path", JPKI, "00A4090C020018", 0, false},
    {0x6A86, "2.3 P1 beyond 05", JPKI "|" AUTH_PIN,
     "802A06970401020304"
     "00",
     0, false},
    {0x6A88, "2.4 no such reference", JPKI, "00200083", 0, false},
    {0x6A88, "1.3 no such object", JPKI, "00CA004200", 0, false},
    {0x6B00, "2.4 end of file", JPKI "|00A4020C020006", "00B000A001", 0, false},
    {0x6B00, "2.3 offsets end at 7FFF", JPKI "|00A4020C020006", "00B07FFF00", 0, false},
    {0x6D00, "2.4 INS", JPKI, "00FF0000", 0, false},
    {0x6D00, "2.3 internal authenticate elsewhere", JPKI,
     "008800990461626364"
     "00",
     0, false},
    {0x6E00, "2.4 CLA", JPKI, "A0A40000023F00", 0, false},
    {0x6F00, "1.3 first command after power-on", "power", JPKI, CHIP_FIRST_FAILS, false},
    {0x9000, "1.3 ... and the second", "power|" JPKI, JPKI, CHIP_FIRST_FAILS, false},
};
const size_t status_rules_n = sizeof status_rules / sizeof *status_rules;

const struct status_word status_words[] = {
    {0x9000, false}, {0x6281, true},  {0x6282, false}, {0x6283, true},  {0x6300, true},  {0x63C3, false},
    {0x63C0, false}, {0x6400, true},  {0x6581, false}, {0x6F00, false}, {0x6700, false}, {0x6881, false},
    {0x6882, false}, {0x6981, false}, {0x6982, false}, {0x6983, false}, {0x6984, false}, {0x6985, false},
    {0x6986, false}, {0x6987, true},  {0x6988, true},  {0x69FC, false}, {0x66F1, false}, {0x6A80, false},
    {0x6A81, true},  {0x6A82, false}, {0x6A83, false}, {0x6A86, false}, {0x6A88, false}, {0x6B00, false},
    {0x6C10, true},  {0x6110, true},  {0x6D00, false}, {0x6E00, false},
};
const size_t status_words_n = sizeof status_words / sizeof *status_words;
