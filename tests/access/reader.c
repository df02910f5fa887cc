/* access_reader: what a screen reader sees of the PIN window, and what can be done with it without seeing it.
 *
 *   access_reader look          waits for a window with a password field; prints its parts, one a line:
 *                               role, name, "focused" or "", with tabs between
 *   access_reader type TEXT     into the focused password field
 *   access_reader press NAME    the button of that name
 *   access_reader gone          waits until there is no such window
 *
 * Talks to the accessibility bus (AT-SPI 2). Exit status 0: done; 1: not within ten seconds. */
#include <atspi/atspi.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_MS = 10000, DEPTH_MAX = 32 };

static gint64 started;

static gboolean is_late(void)
{
    return g_get_monotonic_time() - started > (gint64)PATIENCE_MS * 1000;
}

/* Lets the bus speak. */
static void pass(void)
{
    struct timespec t = {0, 100000000};
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    nanosleep(&t, NULL);
}

static gboolean is_in(AtspiAccessible *o, AtspiStateType state)
{
    AtspiStateSet *states = atspi_accessible_get_state_set(o);
    gboolean is = states && atspi_state_set_contains(states, state);
    g_clear_object(&states);
    return is;
}

static gboolean is_button(AtspiAccessible *o, const char *name)
{
    char *its = atspi_accessible_get_name(o, NULL);
    gboolean is =
        atspi_accessible_get_role(o, NULL) == ATSPI_ROLE_PUSH_BUTTON && its && (!name || strcmp(its, name) == 0);
    g_free(its);
    return is && is_in(o, ATSPI_STATE_SHOWING);
}

static gboolean is_field(AtspiAccessible *o, const char *name)
{
    (void)name;
    return atspi_accessible_get_role(o, NULL) == ATSPI_ROLE_PASSWORD_TEXT && is_in(o, ATSPI_STATE_SHOWING) &&
           is_in(o, ATSPI_STATE_FOCUSED);
}

typedef gboolean test_fn(AtspiAccessible *o, const char *name);

/* The first one at or below O for which IS says yes. Ownership is the caller's. */
static AtspiAccessible *find(AtspiAccessible *o, test_fn *is, const char *name, int depth)
{
    if (is(o, name))
        return g_object_ref(o);
    int n = depth < DEPTH_MAX ? atspi_accessible_get_child_count(o, NULL) : 0;
    for (int i = 0; i < n; i++) {
        AtspiAccessible *child = atspi_accessible_get_child_at_index(o, i, NULL);
        AtspiAccessible *found = child ? find(child, is, name, depth + 1) : NULL;
        g_clear_object(&child);
        if (found)
            return found;
    }
    return NULL;
}

static AtspiAccessible *find_anywhere(test_fn *is, const char *name)
{
    AtspiAccessible *desktop = atspi_get_desktop(0);
    AtspiAccessible *found = desktop ? find(desktop, is, name, 0) : NULL;
    g_clear_object(&desktop);
    return found;
}

static AtspiAccessible *await(test_fn *is, const char *name)
{
    AtspiAccessible *found;
    while (!(found = find_anywhere(is, name)) && !is_late())
        pass();
    return found;
}

static void print(AtspiAccessible *o, int depth)
{
    char *role = atspi_accessible_get_role_name(o, NULL), *name = atspi_accessible_get_name(o, NULL);
    if (is_in(o, ATSPI_STATE_SHOWING))
        printf("%s\t%s\t%s\n", role ? role : "", name ? name : "", is_in(o, ATSPI_STATE_FOCUSED) ? "focused" : "");
    g_free(role);
    g_free(name);
    int n = depth < DEPTH_MAX ? atspi_accessible_get_child_count(o, NULL) : 0;
    for (int i = 0; i < n; i++) {
        AtspiAccessible *child = atspi_accessible_get_child_at_index(o, i, NULL);
        if (child)
            print(child, depth + 1);
        g_clear_object(&child);
    }
}

/* The window that O is in: what stands below the application. */
static AtspiAccessible *window_of(AtspiAccessible *o)
{
    AtspiAccessible *at = g_object_ref(o);
    for (int i = 0; i < DEPTH_MAX; i++) {
        AtspiAccessible *parent = atspi_accessible_get_parent(at, NULL);
        if (!parent || atspi_accessible_get_role(parent, NULL) == ATSPI_ROLE_APPLICATION) {
            g_clear_object(&parent);
            return at;
        }
        g_object_unref(at);
        at = parent;
    }
    return at;
}

static int look(void)
{
    AtspiAccessible *field = await(is_field, NULL);
    if (!field)
        return 1;
    AtspiAccessible *window = window_of(field);
    print(window, 0);
    g_object_unref(window);
    g_object_unref(field);
    return 0;
}

static int type(const char *text)
{
    AtspiAccessible *field = await(is_field, NULL);
    AtspiEditableText *editable = field ? atspi_accessible_get_editable_text_iface(field) : NULL;
    gboolean done = editable && atspi_editable_text_insert_text(editable, 0, text, (int)strlen(text), NULL);
    g_clear_object(&editable);
    g_clear_object(&field);
    return done ? 0 : 1;
}

static int press(const char *name)
{
    AtspiAccessible *button = await(is_button, name);
    AtspiAction *action = button ? atspi_accessible_get_action_iface(button) : NULL;
    gboolean done = action && atspi_action_do_action(action, 0, NULL);
    g_clear_object(&action);
    g_clear_object(&button);
    return done ? 0 : 1;
}

static int gone(void)
{
    AtspiAccessible *field;
    while ((field = find_anywhere(is_field, NULL)) && !is_late()) {
        g_object_unref(field);
        pass();
    }
    int still = field != NULL;
    g_clear_object(&field);
    return still;
}

int main(int argc, char **argv)
{
    started = g_get_monotonic_time();
    if (argc < 2 || atspi_init() > 1)
        return 2;
    if (strcmp(argv[1], "look") == 0)
        return look();
    if (strcmp(argv[1], "gone") == 0)
        return gone();
    if (argc == 3 && strcmp(argv[1], "type") == 0)
        return type(argv[2]);
    return argc == 3 && strcmp(argv[1], "press") == 0 ? press(argv[2]) : 2;
}
