/* name: Name and GeneralNames of RFC 5280 (4.1.2.4, 4.2.1.6) as bytes: are they well formed, and what is in them? Names
 * are compared byte by byte; as text they are only told, never compared. */
#ifndef JPKI_PKI_NAME_H
#define JPKI_PKI_NAME_H

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"

/* CONTENTS of a Name: only texts that RFC 5280 wants today. An empty Name is well formed. */
bool name_is_good(struct view contents);

/* CONTENTS of a GeneralNames: at least one; otherName, rfc822Name, dNSName, directoryName, URI, iPAddress or
 * registeredID. */
bool name_is_general(struct view contents);

/* The Name of the first directoryName in the CONTENTS of a GeneralNames; absent without one. */
struct view name_of_directory(struct view contents);

/* The text (with its tag) of the first attribute of TYPE (contents of an OID) in NAME, a whole Name that is good;
 * absent without one. */
struct view name_attribute(struct view name, struct view type);

/* NAME, a whole Name that is good, as RFC 4514 writes it, last part first: "OU=B,OU=A,O=Genkan,C=JP". Types without a
 * keyword there (RFC 4514 3) are written as numbers. ERR_LIMIT: longer than MAX bytes; ERR_SYNTAX: not a Name. */
enum err name_text(struct view *out, struct arena *a, struct view name, size_t max) MUST_CHECK;

#endif
