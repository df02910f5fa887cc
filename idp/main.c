/* genkan: the OpenID provider and its commands. */
#include "idp/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, (const char *const *)argv);
}
