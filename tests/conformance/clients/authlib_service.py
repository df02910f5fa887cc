"""Authlib, the library of most Python services, driven from outside: a line of JSON comes in for each step, one goes out.

The first line says what to do: {"metadata": ..., "client": {"id", "secret", "redirect", "auth", "key"}, "scope", "steps": [...]}.
After {"visit": URL} the address that the browser came back to is awaited."""
import json
import sys

from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
import requests


def say(**words):
    print(json.dumps(words), flush=True)


def hear():
    return json.loads(sys.stdin.readline())


class Assertion(PrivateKeyJWT):
    """The library addresses the token endpoint; a provider may want its issuer (OIDC Core 9, FAPI 2.0 5.3.2.1-8)."""

    def __init__(self, audience, alg):
        super().__init__(token_endpoint=audience, alg=alg)


def session_of(job):
    client = job["client"]
    session = OAuth2Session(
        client["id"], client.get("key") or client.get("secret"), scope=job.get("scope"), redirect_uri=client.get("redirect"),
        token_endpoint_auth_method=client["auth"], code_challenge_method="S256",
        revocation_endpoint_auth_method=client["auth"])
    if client["auth"] == "private_key_jwt":
        session.register_client_auth_method(Assertion(client.get("audience") or job["metadata"]["token_endpoint"], client["alg"]))
        session.client_secret = JsonWebKey.import_key(client["key"])
    return session


def log_in(job, session):
    from authlib.common.security import generate_token
    verifier, nonce = generate_token(48), generate_token(20)
    url, state = session.create_authorization_url(
        job["metadata"]["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **job.get("more", {}))
    say(visit=url)
    token = session.fetch_token(
        job["metadata"]["token_endpoint"], authorization_response=hear()["back"], code_verifier=verifier, state=state)
    keys = JsonWebKey.import_key_set(requests.get(job["metadata"]["jwks_uri"], timeout=10).json())
    claims = jwt.decode(token["id_token"], keys, claims_cls=CodeIDToken, claims_params={
        "nonce": nonce, "client_id": job["client"]["id"], "access_token": token["access_token"]}, claims_options={
        "iss": {"essential": True, "value": job["metadata"]["issuer"]}})
    claims.validate(leeway=10)
    return token, dict(claims)


def main():
    job = hear()
    session = session_of(job)
    if "alone" in job["steps"]:
        say(token=dict(session.fetch_token(job["metadata"]["token_endpoint"], grant_type="client_credentials", **job["more"])))
        return
    token, claims = log_in(job, session)
    info = session.get(job["metadata"]["userinfo_endpoint"], timeout=10)
    say(token=dict(token), claims=claims, info=info.json())
    if "refresh" in job["steps"]:
        again = session.refresh_token(job["metadata"]["token_endpoint"], refresh_token=token["refresh_token"])
        info = session.get(job["metadata"]["userinfo_endpoint"], timeout=10)
        say(token=dict(again), info=info.json())
        token = again
    if "introspect" in job["steps"]:
        def introspect():
            return session.introspect_token(
                job["metadata"]["introspection_endpoint"], token=token["access_token"], token_type_hint="access_token").json()
        before = introspect()
        gone = session.revoke_token(job["metadata"]["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token")
        say(before=before, revoked=gone.status_code, after=introspect())


main()
