"""A service with Authlib and Flask: `apt install python3-authlib python3-flask python3-requests`, then
    ISSUER=https://id.example.lg.jp CLIENT_ID=... CLIENT_SECRET=... python3 booking.py"""
import os
import secrets
from urllib.parse import urlencode

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError
from flask import Flask, redirect, request, session

issuer, port = os.environ["ISSUER"], int(os.environ.get("PORT", "3000"))
home = f"http://localhost:{port}/"

app = Flask(__name__)
app.secret_key = os.environ.get("SESSION_KEY") or secrets.token_bytes(32)
app.config.update(SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")

genkan = OAuth(app).register(
    "genkan", client_id=os.environ["CLIENT_ID"], client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{issuer}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid name", "code_challenge_method": "S256"})
ended = set()  # the `sid` of log-ins that ended elsewhere; yours will be in a database


@app.before_request
def still_logged_in():
    if session.get("sid") in ended:
        session.clear()


@app.after_request
def not_kept(response):  # what the browser keeps it would show after the log-out
    response.headers["Cache-Control"] = "no-store"
    return response


@app.get("/")
def index():
    person = session.get("person")
    return f"{person['name']} ({person['sub']})" if person else "nobody: open /login"


@app.get("/login")
def login():
    return genkan.authorize_redirect(f"{home}callback")


@app.get("/callback")
def callback():
    try:
        if request.args.get("iss") != issuer:  # RFC 9207: the answer is Genkan's and nobody else's
            return "not logged in: another issuer's answer", 403
        token = genkan.authorize_access_token()  # checks state, signature, audience and nonce
    except OAuthError as error:  # the resident said no (access_denied), or this is not from Genkan
        return f"not logged in: {error.error}", 403
    person = genkan.userinfo(token=token)
    if person["sub"] != token["userinfo"]["sub"]:  # OIDC Core 5.3.2
        return "not logged in: another person's data", 403
    session.clear()
    session["person"], session["id_token"], session["sid"] = dict(person), token["id_token"], token["userinfo"]["sid"]
    return redirect("/")


@app.get("/logout")
def logout():
    hint = session.pop("id_token", None)
    session.clear()
    end = genkan.load_server_metadata()["end_session_endpoint"]
    return redirect(f"{end}?{urlencode({'id_token_hint': hint, 'post_logout_redirect_uri': home})}" if hint else "/")


def key_of(header, _):
    keys = JsonWebKey.import_key_set(genkan.fetch_jwk_set())
    try:
        return keys.find_by_kid(header.get("kid"))
    except ValueError:  # perhaps a new one: asked for once more
        return JsonWebKey.import_key_set(genkan.fetch_jwk_set(force=True)).find_by_kid(header.get("kid"))


@app.post("/logout-notice")
def logged_out_elsewhere():
    """OpenID Connect Back-Channel Logout 1.0, 2.6"""
    wanted = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": os.environ["CLIENT_ID"]},
              "iat": {"essential": True}, "exp": {"essential": True}, "jti": {"essential": True}, "sid": {"essential": True}}
    try:
        token = JsonWebToken(["ES256"]).decode(request.form.get("logout_token", ""), key_of, claims_options=wanted)
        token.validate()
    except (JoseError, ValueError) as error:
        return str(error), 400
    if "http://schemas.openid.net/event/backchannel-logout" not in token.get("events", {}) or "nonce" in token:
        return "not a logout token", 400
    ended.add(token["sid"])
    return ""


if __name__ == "__main__":
    app.run("127.0.0.1", port)
