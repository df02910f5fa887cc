/* card_proof: a card's answer on its way from bytes to a login. The steps stand in the order of protocol.md ("Server
 * verification, in this order, fail closed"). */
#ifndef IDP_ENDPOINTS_CARD_PROOF_H
#define IDP_ENDPOINTS_CARD_PROOF_H

#include "idp/endpoints/card_call.h"
#include "jpki/pki/person.h"
#include "jpki/pki/verify.h"
#include "jpki/proof/response.h"
#include "sessions/card_txn.h"
#include "sessions/interaction.h"
#include "sessions/session.h"
#include "webui/page.h"

struct card_proof {
    struct view fragment;
    struct view txn_name; /* the claim "txn" in it; absent: none */
    struct view way_back; /* ticket of the interaction, out of the cookie; absent: none is known */
    struct interaction interaction;
    bool open;  /* the interaction is of this browser and not over */
    bool taken; /* the transaction was good and is taken */
    struct card_txn txn;
    struct proof_response response;
    struct verify_verdict verdict;
    struct verify_verdict sign_verdict; /* register: of the sign certificate */
    struct person person;               /* register: what that certificate says of its holder */
    uint8_t account[32];                /* HMAC of issuer and serial number */
    struct session session;             /* of this browser, not logged out: alive, idle or past its end */
    bool has_session;
    bool is_live;              /* it is alive */
    bool links;                /* REAUTH with a card that is to become hers */
    int64_t retry_s;           /* of PAGE_PROBLEM_TOO_OFTEN */
    enum page_problem problem; /* PAGE_PROBLEMS: none */
};

/* Goes through the steps up to "whose card is it"; nothing is recorded but that the transaction is taken. ERR_OK with
 * problem PAGE_PROBLEMS: the card has proved. ERR_OK with another: the answer is no. Otherwise we could not judge. */
enum err card_proof_check(struct card_proof *p, struct visit *v, struct view fragment) MUST_CHECK;

/* What the resident is told about a refusal of the certificate for PURPOSE. */
enum page_problem card_proof_problem_of(enum trust_purpose purpose, enum verify_refusal refusal);

#endif
