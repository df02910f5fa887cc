/* station: the card in its place: the link to the reader, the orders of a test, the trace; and the loop around them. */
#ifndef JPKI_VIRTUAL_STATION_H
#define JPKI_VIRTUAL_STATION_H

#include "jpki/virtual/applet.h"
#include "jpki/virtual/atr.h"
#include "jpki/virtual/pace.h"
#include "jpki/virtual/trace.h"
#include "jpki/virtual/vpcd.h"

struct station {
    struct applet *applet;
    struct trace *trace;
    uint16_t port;
    int control, signals; /* listening socket or -1; signalfd of what ends the loop */
    bool inserted;        /* the wish; `link` says whether a reader has it */
    unsigned delay_ms;
    enum pace pace;
    bool new_atr; /* another answer to reset at each tap, in `tap` */
    uint8_t tap[ATR_TAP_SIZE];
    /* orders, counted down command by command; 0: none */
    unsigned remove_before, answer_at;
    uint16_t answer_sw;
    /* the link */
    int link; /* -1: no reader */
    struct vpcd_in in;
    int64_t try_again_ms; /* when to look for the reader next */
    /* an answer held back */
    bool pending;
    int64_t due_ms;
    struct buf answer;
};

/* Runs until a signal arrives. ERR_OK then. */
enum err station_run(struct station *s) MUST_CHECK;

#endif
