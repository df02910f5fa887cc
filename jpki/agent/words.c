#include "jpki/agent/words.h"

#include "base/err.h"

static const char *const words[WORD_COUNT][LANG_COUNT] = {
    [W_WINDOW_TITLE] = {"マイナンバーカードの暗証番号", "My Number Card PIN"},
    [W_LOGIN_TO] = {"「%s」（%s）にログインします。", "Log in to “%s” (%s)."},
    [W_REAUTH_AT] = {"「%s」（%s）で、ご本人であることをもう一度確かめます。",
                     "Confirm again that it is you, for “%s” (%s)."},
    [W_READ_FOR] = {"カードの氏名・住所・生年月日・性別を「%s」に登録します。",
                    "Register name, address, birth date and gender from the card at “%s”."},
    [W_REGISTER_FOR] = {"署名用電子証明書で確かめた氏名などを「%s」に登録します。",
                        "Register your name and address, verified by your signature certificate, at “%s”."},
    [W_ISSUER] = {"確認する相手： %s", "Checked by: %s"},
    [W_BIND] = {"合言葉： %s　（ブラウザの画面と同じですか？）", "Word: %s   (the same as in the browser?)"},
    [W_SENDS_PROOF] = {"送るもの： カードを持っていることの証明だけ（氏名・住所は送りません）",
                       "Will be sent: only the proof that you hold this card (no name, no address)"},
    [W_SENDS_TEXT] =
        {"送るもの： カードを持っていることの証明と、氏名・住所・生年月日・性別（マイナンバーは読みません）",
         "Will be sent: the proof that you hold this card, and name, address, birth date and gender "
         "(the individual number is not read)"},
    [W_SENDS_SIGN] = {"送るもの： カードの証明と、氏名・住所・生年月日・性別（マイナンバーは入りません）",
                      "Will be sent: the proof that you hold this card, and name, address, birth date and gender (not "
                      "the individual number)"},
    [W_UNKNOWN_PAGE] = {"注意： どのページから始まったか分かりません。心当たりがなければ中止してください。",
                        "Note: started from an unknown page. Cancel if you did not start this."},
    [W_TRIES] = {"入力できる回数： あと%s回", "Tries left: %s"},
    [W_PIN_AUTH_IS] = {"利用者証明用の暗証番号（数字4桁）を入力してください。",
                       "Enter the 4-digit PIN of the user authentication certificate."},
    [W_PIN_TEXT_IS] = {"次に、券面事項入力補助用の暗証番号（数字4桁）を入力してください。",
                       "Next, enter the 4-digit PIN of the card's text (券面事項入力補助用)."},
    [W_PIN_SIGN_IS] = {"次に、署名用のパスワード（英数字6〜16文字、小文字も可）を入力してください。",
                       "Next, enter the signature password (6 to 16 letters and digits, small letters will do)."},
    [W_PROMPT_AUTH] = {"利用者証明用 暗証番号：", "Authentication PIN:"},
    [W_PROMPT_TEXT] = {"券面事項入力補助用 暗証番号：", "Text PIN:"},
    [W_PROMPT_SIGN] = {"署名用 パスワード：", "Signature password:"},
    [W_ACCEPT] = {"確定", "OK"},
    [W_CANCEL] = {"中止", "Cancel"},
    [W_WRONG] = {"暗証番号が違います。あと%s回まちがえるとカードがロックされます。",
                 "Wrong PIN. The card locks after %s more wrong tries."},
    [W_NOT_FOUR_DIGITS] = {"数字4桁で入力してください。（回数は減っていません）",
                           "Please enter 4 digits. (No try was used.)"},
    [W_NOT_A_PASSWORD] = {"英字と数字の両方を使った6〜16文字で入力してください。（回数は減っていません）",
                          "Please enter 6 to 16 letters and digits, at least one of each. (No try was used.)"},
    [W_KEYPAD_HOW] = {"「リーダーで入力」を押し、カードリーダーのキーで入力して確定します。",
                      "Press “Type on the reader”, then use the keys of the reader and its OK key."},
    [W_KEYPAD_LETTERS] = {"英字のキーがなければ「パソコンで入力」を選びます。",
                          " If it has no letters, choose “Type on this computer”."},
    [W_KEYPAD_GO] = {"リーダーで入力", "Type on the reader"},
    [W_KEYPAD_NOT] = {"パソコンで入力", "Type on this computer"},
    [W_KEYPAD_TIMEOUT] = {"カードリーダーで入力されませんでした。（回数は減っていません）",
                          "Nothing was typed on the reader. (No try was used.)"},
    [W_LAST_TRY] =
        {"入力できるのは、あと1回だけです。\nまちがえるとカードがロックされ、市区町村の窓口などでの手続きが必要になり"
         "ます。\n暗証番号に自信がないときは、中止してください。",
         "Only one try is left.\nIf it is wrong, the card locks and has to be reset at your municipal "
         "office.\nStop here if you are not sure of the PIN."},
    [W_LAST_TRY_SIGN] =
        {"署名用のパスワードを入力できるのは、あと1回だけです。\nまちがえるとロックされ、市区町村の窓口での手続きが必要"
         "になります。\nパスワードに自信がないときは、中止してください。",
         "Only one try is left for the signature password.\nIf it is wrong, it locks and has to be reset at your "
         "municipal office.\nStop here if you are not sure of the password."},
    [W_LAST_TRY_GO] = {"入力する", "Go on"},
    [W_LAST_TRY_STOP] = {"中止する", "Stop"},

    [W_PAGE_TITLE] = {"マイナンバーカードでログイン", "Log in with the My Number Card"},
    [W_WAIT_START] = {"準備しています", "Getting ready"},
    [W_WAIT_READER] = {"カードリーダーをつないでください", "Connect the card reader"},
    [W_WAIT_CARD] = {"マイナンバーカードを置いてください", "Put your My Number Card on the reader"},
    [W_WAIT_READER_BUSY] = {"ほかのプログラムがカードを使っています", "Another program is using the card"},
    [W_WAIT_CHOICE] = {"カードを選んでください", "Choose the card"},
    [W_WAIT_CHOICE_HOW] =
        {"マイナンバーカードが2枚以上あります。使うカードを置いたカードリーダーを選んでください。ほかの"
         "カードを取りのぞいてもかまいません。",
         "There is more than one My Number Card. Choose the reader with the card to use, or take the "
         "others away."},
    [W_CHOICE] = {"%s　%s のカードを使う", "%s  Use the card in %s"},
    [W_WAIT_KEYPAD] = {"カードリーダーのキーで入力してください", "Type on the keys of the card reader"},
    [W_WAIT_KEYPAD_HOW] =
        {"暗証番号をカードリーダーのキーで入力し、リーダーの確定キーを押してください。パソコンのキーボードでは"
         "入力しません。",
         "Type the PIN on the card reader and press its OK key. Do not type it on the keyboard of this "
         "computer."},
    [W_WAIT_PIN] = {"暗証番号の窓を見てください", "Look at the PIN window"},
    [W_WAIT_WORK] = {"カードを確認しています", "Checking the card"},
    [W_WAIT_PIN_HOW] = {"このパソコンに別の小さな窓が開いています。次の合言葉が同じであることを確かめてから、暗証番号を"
                        "入力してください。",
                        "A separate small window is open on this computer. Make sure it shows the same word, then type "
                        "the PIN there."},
    [W_WAIT_CARD_HOW] = {"カードをカードリーダーに置き（差し込み）、そのまま動かさないでください。",
                         "Put (or insert) the card and leave it there until you are told."},
    [W_WAIT_READER_HOW] = {"カードリーダーのケーブルをこのパソコンにつないでください。",
                           "Plug the reader's cable into this computer."},
    [W_WAIT_BUSY_HOW] = {"カードを使っているほかのソフトを終了してください。終了すると自動で先に進みます。",
                         "Please close it. This goes on by itself afterwards."},
    [W_GOES_ON_BY_ITSELF] = {"この画面は自動で先に進みます。", "This page goes on by itself."},
    [W_CONTINUE] = {"進まないときはここを押してください", "Press here if it does not"},
    [W_STOP_LINK] = {"中止して戻る", "Stop and go back"},
    [W_NEVER_ON_A_PAGE] = {"暗証番号をブラウザの画面に入力することはありません。",
                           "The PIN is never typed on a web page."},
    [W_INVALID_TITLE] = {"この依頼は受けられません", "This request cannot be accepted"},
    [W_INVALID] =
        {"依頼が正しくないか、このパソコンに登録されていない相手からのものです。カードには触れていません。もとの"
         "サービスからやり直してください。くり返すときは、サービスの窓口に知らせてください。",
         "The request is not right, or comes from somebody who is not registered on this computer. The card "
         "was not touched. Please start again at the service; if it happens again, tell its staff."},
    [W_EXPIRED_TITLE] = {"時間が過ぎています", "Too late"},
    [W_EXPIRED] =
        {"この依頼の期限は過ぎています。もとのサービスからやり直してください。このパソコンの時計は %s です。時計が"
         "違っているときは、合わせてからやり直してください。",
         "The time of this request is over. Please start again at the service. The clock of this computer "
         "says %s; if that is wrong, set it first."},
    [W_CLOCK_TITLE] = {"このパソコンの時計が合っていません", "The clock of this computer is wrong"},
    [W_CLOCK] = {"このパソコンの時計は %s です。時計を合わせてから、もとのサービスでやり直してください。",
                 "The clock of this computer says %s. Please set it, then start again at the service."},
    [W_UPDATE_TITLE] = {"プログラムの更新が必要です", "An update is needed"},
    [W_UPDATE] = {"このパソコンの genkan-agent では、この手続きはできません。更新してからやり直してください。",
                  "The genkan-agent on this computer cannot do this. Please update it and try again."},
    [W_ORIGIN_TITLE] = {"中止しました", "Stopped"},
    [W_ORIGIN] =
        {"この依頼は、登録された相手のページから始まっていません。不正なサイトの可能性があります。カードには触れて"
         "いません。",
         "This request was not started from the registered site. It may be fraud. The card was not touched."},
    [W_REPLAY_TITLE] = {"この依頼は使用済みです", "This request was used already"},
    [W_REPLAY] = {"同じ依頼は一度しか使えません。もとのサービスからやり直してください。",
                  "A request is good for one time. Please start again at the service."},
    [W_BUSY_TITLE] = {"ほかのログインが進行中です", "Another login is under way"},
    [W_BUSY] =
        {"先に開いている暗証番号の窓を終えるか、中止してください。そのあと、もとのサービスからやり直してください。",
         "Please finish or cancel the window that is open, then start again at the service."},
    [W_OVER_TITLE] = {"この手続きは終わっています", "This is over"},
    [W_OVER] = {"このページは閉じてかまいません。", "You can close this page."},
    [W_WINDOW_FAILED_TITLE] = {"暗証番号の窓を開けませんでした", "The PIN window could not be opened"},
    [W_WINDOW_FAILED] = {"このパソコンの pinentry プログラムが動きませんでした。パソコンの管理者に知らせてください。",
                         "The pinentry program of this computer did not work. Please tell its administrator."},
    [W_BACK] = {"もとのサービスに戻る", "Back to the service"},
    [W_KIOSK_IDLE_TITLE] = {"カードを取るとログアウトします", "Taking the card logs out"},
    [W_KIOSK_IDLE] = {"いまはだれもログインしていません。この画面は開いたままにしてください。",
                      "Nobody is logged in now. Please leave this page open."},
    [W_KIOSK_HELD_TITLE] = {"終わったらカードを取ってください", "Take your card when you are done"},
    [W_KIOSK_HELD] = {"カードを取ると、すべてのサービスからログアウトします。この画面は開いたままにしてください。",
                      "Taking it logs you out of every service. Please leave this page open."},
    [W_KIOSK_CLOSED_TITLE] = {"この端末はまだ使えません", "This terminal is not ready"},
    [W_KIOSK_CLOSED] = {"カードを見守る画面が閉じています。カードには触れていません。窓口の職員に知らせてください。",
                        "The page that watches the card is closed. The card was not touched. Please tell the staff."},
};

const char *word(enum lang lang, enum word w)
{
    INSIST(w < WORD_COUNT && lang < LANG_COUNT && words[w][lang]);
    return words[w][lang];
}

void words_fill(struct buf *out, const char *pattern, const struct view *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *at = strstr(pattern, "%s");
        INSIST(at);
        buf_put(out, view_bytes(pattern, (size_t)(at - pattern)));
        buf_put(out, texts[i]);
        pattern = at + 2;
    }
    buf_put_text(out, pattern);
}

void words_put(struct buf *out, enum lang lang, enum word w, const struct view *texts, size_t n)
{
    words_fill(out, word(lang, w), texts, n);
}

enum lang words_lang(struct view name)
{
    return view_equal_text(name, "en") ? LANG_EN : LANG_JA;
}

enum lang words_lang_accepted(struct view header)
{
    return view_starts(header, VIEW("en")) ? LANG_EN : LANG_JA;
}

const char *words_lang_name(enum lang lang)
{
    return lang == LANG_EN ? "en" : "ja";
}
