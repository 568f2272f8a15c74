/*
 * The safety core of the authority protocol (schema/PROTOCOL.md, "Authority"; its machines are in api/authority/): two members,
 * P and B, and the registrar W. No clock, no lease, no read, no requester: whatever waits for a time may happen at any time
 * here, so what holds of the model holds however the clocks run.
 *
 * - A log is a number of 16 bits, four for each entry, the first entry lowest: the term that it was written in, and a bit that
 *   tells two entries apart that a member wrote in one place and term. So a log is its own head, as a Merkle root is. An entry
 *   stands for a whole frame; the first one of a term is its opening entry.
 * - Messages are facts about their sender: the longest log that the holder of term k has sent (sent), how much of it it called
 *   final (told), the longest log that it has a receipt for (receipt), how far the registrar has countersigned in that
 *   term (witnessed). They only grow. Whoever gets a message reads a part of the fact at any time, as often as it likes: that is
 *   loss, delay, repetition and reordering.
 * - A member stores all that it tells, so a crash and a restart change nothing here: what it forgets it can be told again.
 * - A restore brings back a copy of the member's disk that was made at any time before; RESTORES of them in all.
 *
 * -DNO_<RULE> takes away a rule of the name that api/authority/rules.ts gives it; NO_CURRENT_RECEIPTS lets a certificate of
 * an earlier term count.
 */
#ifndef TERMS
#define TERMS 4
#endif
#ifndef ENTRIES
#define ENTRIES 3
#endif
#ifndef RESTORES
#define RESTORES 0
#endif

#define P 0
#define B 1
#define OTHER(m) (1 - (m))

/* Logs. One leads to another if it is a prefix of it; COMMON is how many first entries are the same. */
#define SIZE(x) ((x) > 4095 -> 4 : ((x) > 255 -> 3 : ((x) > 15 -> 2 : ((x) > 0 -> 1 : 0))))
#define PREFIX(x, size) ((x) & ((1 << (4 * (size))) - 1))
#define LEADS(x, y) (PREFIX(y, SIZE(x)) == (x))
#define TERM_AT(x, size) ((((x) << 4) >> (4 * (size))) & 7)
#define DIFFER(x, y, bits) (((x) ^ (y)) & (bits))
#define COMMON(x, y) (DIFFER(x, y, 15) -> 0 : (DIFFER(x, y, 255) -> 1 : (DIFFER(x, y, 4095) -> 2 : (DIFFER(x, y, 65535) -> 3 : 4))))

typedef Term {
  bit holder;
  bit both;                   /* whether the other member is in sync too */
  bit resumed;
  unsigned start : 16;        /* what was countersigned when it began */
  unsigned sent : 16;
  unsigned told : 3;
  unsigned receipt : 16;
  unsigned witnessed : 3
};

Term terms[TERMS + 1];

/* The registrar: the number of its term, what it has countersigned, and whether nothing can be final beyond that. */
unsigned number : 3 = 1;
unsigned head : 16;
bit covers;

/* The members. */
typedef Member {
  unsigned term : 3 = 1;
  unsigned log : 16;
  unsigned final : 3;
  bit recovering;
  bit resumes;                /* has asked to go on as the only copy */
  unsigned since : 3          /* the registrar's term at the last restore: answers with an older one do not count */
};

Member members[2];

/* An older copy of a member's disk, and what a restored member had asked the registrar for before. */
unsigned restores : 2 = RESTORES;
bit hasCopy;
bit copyOf;
unsigned copyTerm : 3;
unsigned copyLog : 16;
unsigned copyFinal : 3;
bit asked;
bit askedAdd;
bit askedTakeOver;
bit askedResume;

/* The longest log that was ever final at any member. */
unsigned history : 16;

/* Whether so many entries are at least all that the holder of term k inherited. */
#define HAS_INHERITED(k, size) \
  (SIZE(terms[k].sent) == size || TERM_AT(terms[k].sent, size + 1) == k || (size > 0 && TERM_AT(terms[k].sent, size) == k))
#define HOLDER terms[number].holder
#define BOTH terms[number].both
#define HOLDS(m) (terms[members[m].term].holder == m && !members[m].recovering)
#define IS_CURRENT(m) (members[m].term == number || (asked && copyOf == m))
#define HAS_HEAD(m) LEADS(head, members[m].log)

/* ---- What must hold ---- */

#define MUST(holds, what) \
  if \
  :: holds \
  :: else -> printf(what); assert(false) \
  fi

inline becomesFinal(m, size) {
  members[m].final = size;
  MUST(COMMON(members[m].log, history) >= size || LEADS(history, PREFIX(members[m].log, size)), "violated: finals agree, one head for a length\n");
  if
  :: size > SIZE(history) -> history = PREFIX(members[m].log, size)
  :: else
  fi
}

/* A copy that is old may get the right: it knows that or sees it in what was countersigned, and writes nothing. */
#define SURVIVES(m) MUST(members[m].recovering || LEADS(history, members[m].log) || !HAS_HEAD(m), "violated: who gets or keeps the right has all that is final\n")

/* Where this fails, the machine raises the alarm and freezes. */
#define STAYS(m, size) \
  MUST(members[m].final <= size, "violated: what is final at a member is never given up\n"); \
  MUST(!HAS_HEAD(m) || SIZE(head) <= size, "violated: what is countersigned is never given up\n")

/* ---- Terms ---- */

byte h;
byte i;

/* The earliest term that a member can be in from now on. */
#define EARLIEST(m) ((hasCopy && copyOf == m && copyTerm < members[m].term) -> copyTerm : members[m].term)

/* Facts that nobody can use any more, as its readers are in a later term for good. */
#if defined(NO_FOLLOW_HIGHER) || defined(NO_CURRENT_RECEIPTS)
#define wipe() skip
#else
inline wipe() {
  i = 1;
  do
  :: i < number ->
    h = terms[i].holder;
    if
    :: EARLIEST(h) > i -> terms[i].receipt = 0; terms[i].witnessed = 0; terms[i].start = 0
    :: else
    fi;
    if
    :: EARLIEST(OTHER(h)) > i ->
      terms[i].sent = 0; terms[i].told = 0;
      if
      :: EARLIEST(h) > i -> terms[i].holder = 0; terms[i].both = 0; terms[i].resumed = 0
      :: else
      fi
    :: else
    fi;
    i++
  :: else -> break
  od;
  i = 0;
  h = 0
}
#endif

inline name(m, isBoth, isResumed, before) {
  h = m;
  i = before;
  MUST(i == number, "violated: no number is given to two terms\n");
  number++;
  terms[number].holder = h;
  terms[number].both = isBoth;
  terms[number].resumed = isResumed;
  terms[number].start = head;
  covers = covers && !isBoth;
  asked = 0; askedAdd = 0; askedTakeOver = 0; askedResume = 0;
  SURVIVES(h);
  h = 0;
  i = 0;
  wipe()
}

/* ---- What may happen. Each is one transaction: an event, the state after it, what is told. ---- */

#define LEARN(m, k) \
  :: d_step { k > members[m].term && k <= number -> \
    printf("%c learns of term %d\n", 'P' - 14 * m, k); \
    FORGET(m, k) \
    if \
    :: members[m].resumes && terms[k].resumed && terms[k].holder == m && k == members[m].term + 1 -> \
      members[m].recovering = 0; members[m].since = 0; \
      MUST(k < number || LEADS(history, members[m].log), "violated: who goes on as the only copy has all that is final\n") \
    :: else \
    fi; \
    members[m].resumes = 0; \
    members[m].term = k; \
    if \
    :: HOLDS(m) && HAS_START(m, k) -> ANNOUNCE(m) \
    :: HOLDS(m) && !HAS_START(m, k) -> members[m].recovering = 1 \
    :: else \
    fi; \
    wipe() }

/* A new holder says and writes nothing before it knows what was countersigned when its term began. */
#ifdef NO_REGISTER_FIRST
#define HAS_START(m, k) true
#else
#define HAS_START(m, k) LEADS(terms[k].start, members[m].log)
#endif

#define ANNOUNCE(m) \
    terms[members[m].term].sent = members[m].log; \
    terms[members[m].term].told = members[m].final

#ifdef NO_KEEP_INHERITED
#define FORGET(m, k) \
    if \
    :: terms[k].holder == m && terms[members[m].term].holder != m -> members[m].log = PREFIX(members[m].log, members[m].final) \
    :: else \
    fi;
#else
#define FORGET(m, k)
#endif

#define WRITE(m) \
  :: d_step { HOLDS(m) && SIZE(members[m].log) < ENTRIES -> \
    printf("%c writes entry %d in term %d\n", 'P' - 14 * m, SIZE(members[m].log) + 1, members[m].term); \
    members[m].log = members[m].log | ((members[m].term | ((SIZE(terms[members[m].term].sent) > SIZE(members[m].log)) << 3)) << (4 * SIZE(members[m].log))); \
    terms[members[m].term].sent = members[m].log; \
    if \
    :: FINAL_AT_ONCE(m) -> \
      becomesFinal(m, SIZE(members[m].log)); \
      terms[members[m].term].told = members[m].final \
    :: else \
    fi }

#if defined(NO_RECEIPT_FIRST)
#define FINAL_AT_ONCE(m) terms[members[m].term].both
#elif defined(NO_WITNESS_WHEN_ALONE)
#define FINAL_AT_ONCE(m) !terms[members[m].term].both
#else
#define FINAL_AT_ONCE(m) false
#endif

#ifdef NO_FOLLOW_HIGHER
#define OBEYS(m, k) true
#else
#define OBEYS(m, k) (k >= members[m].term)
#endif
/* The first `size` entries of the holder of term k arrive at the other member. */
#define APPEND(m, k, size) \
  :: d_step { k <= number && terms[k].holder == OTHER(m) && OBEYS(m, k) && FOLLOWS(m) && SIZE(terms[k].sent) >= size && \
      (k > members[m].term || !LEADS(PREFIX(terms[k].sent, size), members[m].log) || (SIZE(terms[k].receipt) < size)) -> \
    printf("%c stores %d entries of term %d\n", 'P' - 14 * m, size, k); \
    if \
    :: COMMON(members[m].log, PREFIX(terms[k].sent, size)) < size -> \
      STAYS(m, COMMON(members[m].log, terms[k].sent)); \
      members[m].log = PREFIX(terms[k].sent, size) \
    :: else \
    fi; \
    if \
    :: size > SIZE(terms[k].receipt) || !LEADS(PREFIX(terms[k].sent, size), terms[k].receipt) -> \
      terms[k].receipt = PREFIX(terms[k].sent, size) \
    :: else \
    fi; \
    if \
    :: k > members[m].term -> members[m].term = k; wipe() \
    :: else \
    fi }

/* A restored member confirms nothing: it may have promised more than it remembers. */
#ifdef NO_RESTORED_MUTE
#define FOLLOWS(m) true
#else
#define FOLLOWS(m) !members[m].recovering
#endif

#ifdef NO_STORE_FIRST
/* The receipt left, then the member crashed, then it would have stored. */
#define LOSE(m, k, size) \
  :: d_step { k <= number && terms[k].holder == OTHER(m) && OBEYS(m, k) && FOLLOWS(m) && SIZE(terms[k].receipt) < size && \
      SIZE(terms[k].sent) >= size -> \
    printf("%c gives a receipt for %d entries of term %d and crashes before it has stored them\n", 'P' - 14 * m, size, k); \
    terms[k].receipt = PREFIX(terms[k].sent, size) }
#else
#define LOSE(m, k, size)
#endif

/* The holder of term k says how much is final: so is what is known to agree with its log up to there. */
#define FOLLOW(m, k, size) \
  :: d_step { k == members[m].term && FOLLOWS(m) && terms[k].holder == OTHER(m) && terms[k].told >= size && \
      size > members[m].final && SIZE(members[m].log) >= size && COMMON(members[m].log, terms[k].sent) >= size -> \
    printf("%c learns that %d entries are final\n", 'P' - 14 * m, size); \
    becomesFinal(m, size) }

#ifdef NO_CURRENT_RECEIPTS
#define COUNTS(m, k) true
#else
#define COUNTS(m, k) (k == members[m].term)
#endif
#define CERTIFIES(m, k, certified, size) \
  (HOLDS(m) && COUNTS(m, k) && size > members[m].final && SIZE(members[m].log) >= size && SIZE(certified) >= size && \
   COMMON(members[m].log, certified) >= size)

/* The holder gets the other member's receipt of term k for `size` entries; alone, the registrar's countersignature. */
#define SETTLE(m, k, size) \
  :: d_step { terms[members[m].term].both && CERTIFIES(m, k, terms[k].receipt, size) -> \
    printf("%c gets the receipt of term %d: %d entries are final\n", 'P' - 14 * m, k, size); \
    becomesFinal(m, size); \
    terms[members[m].term].told = size } \
  :: d_step { !terms[members[m].term].both && terms[k].witnessed >= size && CERTIFIES(m, k, head, size) -> \
    printf("%c gets the countersignature of term %d: %d entries are final\n", 'P' - 14 * m, k, size); \
    becomesFinal(m, size); \
    terms[members[m].term].told = size }

#ifdef NO_FOLLOW_HIGHER
#define REGISTERS(k) (k <= number)
#else
#define REGISTERS(k) (k == number)
#endif

/* The registrar countersigns what is final; of a holder that is alone what it has proposed, the inherited log first. Nothing else can
   be final only once that is covered whole. */
#define COUNTERSIGN(k, size) \
  :: d_step { REGISTERS(k) && SIZE(terms[k].sent) >= size && (!terms[k].both || terms[k].told >= size) && \
      size >= SIZE(head) && COMMON(head, terms[k].sent) >= SIZE(head) && size > terms[k].witnessed -> \
    printf("W countersigns %d entries in term %d\n", size, k); \
    if \
    :: size > SIZE(head) -> \
      askedAdd = 0; askedTakeOver = 0; askedResume = 0; \
      covers = covers || (!BOTH && HAS_INHERITED(k, size)) \
    :: else \
    fi; \
    head = PREFIX(terms[k].sent, size); \
    terms[k].witnessed = size }

#ifdef NO_REGISTRAR_HEAD
#define REACHES_HEAD(x) true
#define KNOWS_HEAD(m) true
#else
#define REACHES_HEAD(x) (SIZE(x) > SIZE(head) || (x) == head)
#define KNOWS_HEAD(m) HAS_HEAD(m)
#endif
#ifdef NO_IN_SYNC_ONLY
#define IS_IN_SYNC(m) true
#else
#define IS_IN_SYNC(m) (BOTH || covers)
#endif
#ifdef NO_ONE_NEXT_TERM
#define ASKS_IN_TERM(m) (members[m].term <= number)
#define NUMBER_OF(m) members[m].term
#else
#define ASKS_IN_TERM(m) (members[m].term == number)
#define NUMBER_OF(m) number
#endif

#define PROPOSALS \
  :: d_step { number < TERMS && BOTH && (IS_CURRENT(HOLDER) || IS_CURRENT(OTHER(HOLDER))) -> \
    printf("W names term %d: the other member is dropped, or resigns\n", number + 1); \
    name(HOLDER, 0, 0, number) } \
  :: d_step { number < TERMS && BOTH && members[HOLDER].recovering && IS_CURRENT(HOLDER) -> \
    printf("W names term %d: the holder resigns\n", number + 1); \
    name(OTHER(HOLDER), 0, 0, number) } \
  :: d_step { number < TERMS && BOTH && IS_CURRENT(HOLDER) && IS_SETTLED(number) -> \
    printf("W names term %d: the holder hands over\n", number + 1); \
    name(OTHER(HOLDER), 1, 0, number) } \
  :: d_step { number < TERMS && (askedAdd || CAN_ADD(HOLDER)) -> \
    printf("W names term %d: the other member is added\n", number + 1); \
    name(HOLDER, 1, 0, number) } \
  :: d_step { number < TERMS && IS_IN_SYNC(OTHER(HOLDER)) && (askedTakeOver || \
      (ASKS_IN_TERM(OTHER(HOLDER)) && !members[OTHER(HOLDER)].recovering && KNOWS_HEAD(OTHER(HOLDER)))) -> \
    printf("W names term %d: the other member takes over\n", number + 1); \
    name(OTHER(HOLDER), 0, 0, NUMBER_OF(OTHER(HOLDER))) } \
  :: d_step { number < TERMS && !BOTH && askedResume && IS_COVERED -> \
    printf("W names term %d: the only copy resumes\n", number + 1); \
    name(HOLDER, 0, 1, number) }

/* Once in the term nothing was left to become final; it may have written more since it asked. */
#define IS_SETTLED(k) (HAS_INHERITED(k, terms[k].told) && HAS_INHERITED(k, SIZE(terms[k].receipt)))
#define CAN_ADD(m) (!BOTH && HOLDS(m) && members[m].term == number && IS_CERTIFIED(m) && \
  LEADS(terms[number].receipt, members[m].log) && REACHES_HEAD(terms[number].receipt))
#define IS_CERTIFIED(m) (members[m].final > 0 && TERM_AT(members[m].log, members[m].final) == members[m].term)
#ifdef NO_RESUME_COVERED
#define IS_COVERED true
#else
#define IS_COVERED covers
#endif

#ifdef NO_RECOVERING
#define MARK 0
#else
#define MARK 1
#endif

#if RESTORES > 0
#define RESTORING(m) \
  :: d_step { restores > 0 && !hasCopy && !members[m].recovering -> \
    printf("a copy of %c's disk is made\n", 'P' - 14 * m); \
    hasCopy = 1; copyOf = m; copyTerm = members[m].term; copyLog = members[m].log; copyFinal = members[m].final } \
  :: d_step { restores > 0 && hasCopy && copyOf == m && (members[m].log != copyLog || members[m].term != copyTerm || members[m].final != copyFinal) -> \
    printf("%c is restored from the copy\n", 'P' - 14 * m); \
    restores--; \
    asked = asked || members[m].term == number; \
    askedAdd = askedAdd || (HOLDER == m && CAN_ADD(m)); \
    askedTakeOver = askedTakeOver || (HOLDER != m && members[m].term == number && !members[m].recovering && KNOWS_HEAD(m)); \
    members[m].term = copyTerm; members[m].log = copyLog; members[m].final = copyFinal; \
    members[m].recovering = MARK; \
    members[m].since = number; \
    members[m].resumes = 0; \
    if \
    :: restores == 0 -> hasCopy = 0; copyTerm = 0; copyLog = 0; copyFinal = 0 \
    :: else \
    fi; \
    wipe() } \
  :: d_step { members[m].recovering && members[m].term >= members[m].since && !terms[members[m].term].both && terms[members[m].term].holder != m -> \
    printf("%c is out of the in-sync set: restored\n", 'P' - 14 * m); \
    members[m].recovering = 0; members[m].since = 0 } \
  :: d_step { members[m].recovering && !members[m].resumes && members[m].term == number && HOLDER == m && !BOTH && KNOWS_HEAD(m) -> \
    printf("%c, the only copy, asks to go on\n", 'P' - 14 * m); \
    members[m].resumes = 1; \
    askedResume = 1 }
#else
#define RESTORING(m)
#endif

#define OF_SIZE(m, k, size) APPEND(m, k, size) LOSE(m, k, size) FOLLOW(m, k, size) SETTLE(m, k, size)
#if ENTRIES == 2
#define OF_SIZES(m, k) OF_SIZE(m, k, 1) OF_SIZE(m, k, 2)
#define COUNTERSIGNS(k) COUNTERSIGN(k, 1) COUNTERSIGN(k, 2)
#elif ENTRIES == 3
#define OF_SIZES(m, k) OF_SIZE(m, k, 1) OF_SIZE(m, k, 2) OF_SIZE(m, k, 3)
#define COUNTERSIGNS(k) COUNTERSIGN(k, 1) COUNTERSIGN(k, 2) COUNTERSIGN(k, 3)
#else
#define OF_SIZES(m, k) OF_SIZE(m, k, 1) OF_SIZE(m, k, 2) OF_SIZE(m, k, 3) OF_SIZE(m, k, 4)
#define COUNTERSIGNS(k) COUNTERSIGN(k, 1) COUNTERSIGN(k, 2) COUNTERSIGN(k, 3) COUNTERSIGN(k, 4)
#endif
#define IN_TERM(k) \
  LEARN(P, k) LEARN(B, k) OF_SIZES(P, k) OF_SIZES(B, k) COUNTERSIGNS(k)

active proctype network() {
  d_step { terms[1].holder = P; terms[1].both = 1 };
  do
  WRITE(P)
  WRITE(B)
  PROPOSALS
  RESTORING(P)
  RESTORING(B)
  IN_TERM(1)
  IN_TERM(2)
#if TERMS > 2
  IN_TERM(3)
#endif
#if TERMS > 3
  IN_TERM(4)
#endif
#if TERMS > 4
  IN_TERM(5)
#endif
#if TERMS > 5
  IN_TERM(6)
#endif
  od
}
