/* When the next checkpoint is begun: by the clock alone. */
#include "idp/state/herald.h"

#include <criterion/criterion.h>
#include <limits.h>

#include "consent/publish.h"

Test(herald, a_checkpoint_is_due_so_long_after_the_last_one_was_begun)
{
    cr_expect_not(herald_is_due(1000, 1000, 0));
    cr_expect_not(herald_is_due(1000, 1000 + HERALD_PUBLISH_MS - 1, 0));
    cr_expect(herald_is_due(1000, 1000 + HERALD_PUBLISH_MS, 0));
}

/* A disk that was full for a moment delays nothing; what fails for good is tried fifteen times an hour. */
Test(herald, what_fails_is_tried_again_later_and_later)
{
    static const int64_t waits[] = {4000, 4000, 8000, 16000, 32000, 64000, 128000, 240000, 240000};
    for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++) {
        cr_expect_not(herald_is_due(1000, 1000 + waits[i] - 1, i), "%u", i);
        cr_expect(herald_is_due(1000, 1000 + waits[i], i), "%u", i);
    }
    cr_expect_not(herald_is_due(1000, 1000 + HERALD_PATIENCE_MS - 1, UINT_MAX));
    cr_expect(herald_is_due(1000, 1000 + HERALD_PATIENCE_MS, UINT_MAX));
}

/* Played through, with every witness silent and our own work taking half a second each time: a leaf that comes at any
 * millisecond of a cycle. */
Test(herald, no_leaf_waits_longer_than_ten_seconds_for_its_checkpoint)
{
    enum { OWN = 500, END = 60000 };
    int64_t longest = 0, taken = 0; /* leaves before TAKEN are under the checkpoint that is being made */
    for (int64_t now = 0, began = -HERALD_PUBLISH_MS; now < END; now += HERALD_INTEGRATE_MS) {
        if (!herald_is_due(began, now, 0))
            continue;
        int64_t oldest = taken;
        began = taken = now;
        now += OWN + PUBLISH_WITNESSES_MS;
        if (now - oldest > longest)
            longest = now - oldest;
    }
    cr_expect(longest > HERALD_PUBLISH_MS && longest <= 10000, "%lld ms", (long long)longest);
}
