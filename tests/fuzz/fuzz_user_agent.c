/* Any bytes as a User-Agent header: only names of ours come out, and they come back from the store. */
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "idp/rules/user_agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct user_agent ua = user_agent_of_header(view_bytes(data, size)),
                      words = user_agent_of_words(view_bytes(data, size));

    INSIST(size <= USER_AGENT_MAX || (!ua.browser && !ua.system));
    INSIST(text_is_printable(view_bytes(data, size)) || (!words.browser && !words.system));
    arena_open(&a, 4096);
    struct user_agent back = user_agent_of_words(user_agent_words(&a, ua));
    INSIST(back.browser == ua.browser && back.system == ua.system);
    arena_close(&a);
    return 0;
}
