/* When the next checkpoint is begun: by the clock alone. */
#include "idp/state/herald.h"

#include <criterion/criterion.h>

#include "consent/publish.h"

Test(herald, a_checkpoint_is_due_so_long_after_the_last_one_was_begun)
{
    cr_expect_not(herald_is_due(1000, 1000));
    cr_expect_not(herald_is_due(1000, 1000 + HERALD_PUBLISH_MS - 1));
    cr_expect(herald_is_due(1000, 1000 + HERALD_PUBLISH_MS));
}

/* Played through, with every witness silent and our own work taking half a second each time: a leaf that comes at any
 * millisecond of a cycle. */
Test(herald, no_leaf_waits_longer_than_ten_seconds_for_its_checkpoint)
{
    enum { OWN = 500, END = 60000 };
    int64_t longest = 0, taken = 0; /* leaves before TAKEN are under the checkpoint that is being made */
    for (int64_t now = 0, began = -HERALD_PUBLISH_MS; now < END; now += HERALD_INTEGRATE_MS) {
        if (!herald_is_due(began, now))
            continue;
        int64_t oldest = taken;
        began = taken = now;
        now += OWN + PUBLISH_WITNESSES_MS;
        if (now - oldest > longest)
            longest = now - oldest;
    }
    cr_expect(longest > HERALD_PUBLISH_MS && longest <= 10000, "%lld ms", (long long)longest);
}
