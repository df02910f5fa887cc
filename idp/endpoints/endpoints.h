/* endpoints: one handler a file; idp/routes.c says which URL each serves. */
#ifndef IDP_ENDPOINTS_ENDPOINTS_H
#define IDP_ENDPOINTS_ENDPOINTS_H

#include "idp/state/visit.h"

/* the protocol */
void handle_authorize(struct visit *v);   /* GET, POST /authorize; GET /authorize/request */
void handle_next(struct visit *v);        /* GET /next */
void handle_par(struct visit *v);         /* POST /par */
void handle_token(struct visit *v);       /* POST /token */
void handle_revoke(struct visit *v);      /* POST /revoke */
void handle_introspect(struct visit *v);  /* POST /introspect */
void handle_userinfo(struct visit *v);    /* GET, POST /userinfo */
void handle_end_session(struct visit *v); /* GET, POST /end_session */
void handle_logout_card(struct visit *v); /* GET /logout/card */
void handle_healthz(struct visit *v);     /* GET /healthz */
void handle_readyz(struct visit *v);      /* GET /readyz */
void handle_register(struct visit *v);    /* POST /register */
void handle_registered(struct visit *v);  /* GET, PUT, DELETE /register/ID */

/* the same for everybody */
void handle_jwks(const struct op *op, struct answer *a);      /* GET /jwks */
void handle_discovery(const struct op *op, struct answer *a); /* GET /.well-known/openid-configuration */

/* people */
void handle_login_card(struct visit *v);           /* POST /login/card */
void handle_card_start(struct visit *v);           /* GET /login/card/start */
void handle_card_return(struct visit *v);          /* GET /login/card/return */
void handle_card_complete(struct visit *v);        /* POST /login/card/complete */
void handle_profile_offer(struct visit *v);        /* POST /profile */
void handle_confirm(struct visit *v);              /* POST /confirm */
void handle_consent(struct visit *v);              /* POST /consent */
void handle_cancel(struct visit *v);               /* POST /cancel */
void handle_home(struct visit *v);                 /* GET / */
void handle_home_card(struct visit *v);            /* POST /me/card */
void handle_interests(struct visit *v);            /* GET, POST /me/interests */
void handle_services(struct visit *v);             /* GET /me/services */
void handle_service(struct visit *v);              /* GET, POST /me/services/ID, GET /me/services/ID/receipt... */
void handle_history(struct visit *v);              /* GET /me/history */
void handle_record(struct visit *v);               /* GET /me/history/POSITION.jws, .tlog-proof */
void handle_me(struct visit *v);                   /* GET /me */
void handle_household(struct visit *v);            /* GET, POST /me/household */
void handle_contact(struct visit *v);              /* GET, POST /me/contact */
void handle_cards(struct visit *v);                /* GET, POST /me/cards */
void handle_sessions(struct visit *v);             /* GET, POST /me/sessions */
void handle_events_poll(struct visit *v);          /* POST /events/poll */
void handle_leave(struct visit *v);                /* GET, POST /me/leave */
void handle_audit(struct visit *v);                /* GET /audit */
void handle_device_authorization(struct visit *v); /* POST /device_authorization */
void handle_bc_authorize(struct visit *v);         /* POST /bc-authorize */
void handle_grants(struct visit *v);               /* GET, DELETE /grants/{grant_id} */
void handle_device(struct visit *v);               /* GET, POST /device */
void handle_counter(struct visit *v);              /* GET, POST /me/counter */
void handle_audit_join(struct visit *v);           /* GET, POST /audit/join */
void handle_audit_events(struct visit *v);         /* GET /audit/events */
void handle_audit_counts(struct visit *v);         /* GET /audit/counts */
void handle_audit_export(struct visit *v);         /* GET /audit/export */
void handle_audit_identity(struct visit *v);       /* GET, POST /audit/identity */
void handle_audit_identities(struct visit *v);     /* GET, POST /audit/identities, GET /audit/identities/ID */
void handle_statistics(struct visit *v);           /* GET /statistics, /statistics.csv */
void handle_lang(struct visit *v);                 /* POST /lang */
void handle_letters(struct visit *v);              /* POST /letters */
void handle_assets(struct visit *v);               /* GET /assets/<name> */
void handle_ledger(struct visit *v);               /* GET /ledger/<file> */

#endif
