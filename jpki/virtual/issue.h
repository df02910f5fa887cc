/* issue: `genkan-card new` and `genkan-card personas`: cards for personas out of a test PKI (certs). */
#ifndef JPKI_VIRTUAL_ISSUE_H
#define JPKI_VIRTUAL_ISSUE_H

/* The arguments behind the command's name; the exit status of the program. */
int issue_new(int argc, char **argv);
int issue_personas(int argc);

#endif
