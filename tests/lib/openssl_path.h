/* openssl_path: OpenSSL's judgement of a certificate's path, to compare with ours: it may take what we refuse, because
 * our profile is narrower, and must never refuse what we take. */
#ifndef TESTS_LIB_OPENSSL_PATH_H
#define TESTS_LIB_OPENSSL_PATH_H

#include "jpki/pki/trust.h"

/* Does X509_verify_cert take DER with ROOT as the only anchor, at NOW (unix seconds)? WHY (static) if it does not. */
bool openssl_path_is_good(struct view der, const struct trust_root *root, int64_t now, const char **why);

#endif
