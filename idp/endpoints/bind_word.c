#include "idp/endpoints/bind_word.h"

/* Everyday words in hiragana, all different to eye and ear: no two that differ by one sound only. */
static const char *const words[] = {
    "さくら",   "みかん",     "すいか",   "ぶどう",   "たまご", "おにぎり", "うどん",   "とうふ",
    "のり",     "しお",       "ねこ",     "いぬ",     "うさぎ", "きつね",   "たぬき",   "つばめ",
    "かえる",   "ほたる",     "くじら",   "ぺんぎん", "やま",   "うみ",     "かわ",     "もり",
    "ゆき",     "あめ",       "にじ",     "ほし",     "つき",   "たいよう", "でんしゃ", "ふね",
    "ひこうき", "じてんしゃ", "えんぴつ", "つくえ",   "とけい", "かばん",   "ぼうし",   "めがね",
    "はさみ",   "ほん",       "てがみ",   "きって",   "でんわ", "まど",     "げんかん", "おふろ",
    "ふとん",   "まくら",     "まつり",   "はなび",   "うちわ", "こたつ",   "たいこ",   "ふえ",
    "けんだま", "おりがみ",   "すもう",   "やきゅう", "きもの", "げた",     "ゆかた",   "たんぽぽ"};

const char *bind_word(struct arena *a, uint32_t random)
{
    const uint32_t n = sizeof words / sizeof *words;
    return arena_printf(a, "%02u %s", (random >> 16) % 100, words[(random & 0xFFFF) % n]);
}
