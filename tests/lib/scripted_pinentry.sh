#!/bin/sh
# A pinentry that follows a script, for tests: every GETPIN and CONFIRM takes the next line of the file named by
# PINENTRY_SCRIPT ("pin 1234", "later 1234" (when PINENTRY_SCRIPT.go exists), "ok", "other" (the third button), "cancel",
# "hang", "stubborn", "die", "garbage"); what it was told is appended to PINENTRY_SCRIPT.log. When the lines are used up
# it says "cancel".
script=$PINENTRY_SCRIPT
log=$script.log
next_line() {
    n=$(cat "$script.n" 2>/dev/null || echo 0)
    n=$((n + 1))
    echo "$n" > "$script.n"
    sed -n "${n}p" "$script"
}
act() {
    step=$(next_line)
    case $step in
    "pin "*) printf 'D %s\nOK\n' "${step#pin }" ;;
    "later "*)
        while [ ! -e "$script.go" ]; do sleep 0.05; done
        printf 'D %s\nOK\n' "${step#later }" ;;
    ok) echo OK ;;
    other) echo 'ERR 83886194 Not confirmed <Pinentry>' ;;
    hang) exec sleep 600 ;;
    stubborn) trap '' TERM; while :; do sleep 1; done ;;
    die) exit 3 ;;
    garbage) printf 'WHAT\n' ;;
    long) printf 'D %0200d\nOK\n' 1 ;;
    *) echo 'ERR 83886179 Operation cancelled <Pinentry>' ;;
    esac
}
echo 'OK Pleased to meet you'
while IFS= read -r line; do
    printf '%s\n' "$line" >> "$log"
    case $line in
    GETPIN | CONFIRM) act ;;
    BYE) echo 'OK closing connection'; exit 0 ;;
    OPTION\ ttytype*) echo 'ERR 83886254 Unknown option <Pinentry>' ;;
    *) echo OK ;;
    esac
done
