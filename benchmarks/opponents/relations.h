/* What two organisations are to each other: src/alliancesim/kernels/relations.py, bit for bit, extensions switched off. */
#ifndef RELATIONS_H
#define RELATIONS_H

#include <stdbool.h>

#include "layout.h" /* written from the NumPy dtypes when this is compiled: benchmarks/opponents/c_library.py */
#include "numeric.h"

enum { NOBODY = -1, IN_USE = 32767 };

static inline double base_trust(const Organisation *organisations, int64_t i, int64_t j, double trust0)
{
    const double a = organisations[i].openness[organisations[j].sphere];
    const double b = organisations[j].openness[organisations[i].sphere];
    return trust0 * sqrt(a * b);
}

/* Trust that a tie holds, in 65,535ths. */
static inline double trust_in(const Tie *tie) { return tie->trust / 65535.0; }

/* Trust as a tie holds it: rounded up, so that trust that met a threshold meets it still. */
static inline uint16_t kept_trust(double trust) { return (uint16_t)(int64_t)ceil(trust * 65535.0 - 1e-6); }

/* Slot of j among the ties of i, or -1. */
static inline int64_t find_tie(
    const Organisation *organisations, const Tie *ties, const int32_t *slots, int64_t i, int64_t j)
{
    const int64_t end = slots[i] + organisations[i].ties;
    for (int64_t slot = slots[i]; slot < end; slot++)
        if (ties[slot].partner == j)
            return slot;
    return -1;
}

/* Trust of a tie now: unused trust moves toward the base trust of the pair. */
static inline double faded(double trust, int64_t last, double base, int64_t month, const double *fade)
{
    if (last == IN_USE || last >= month)
        return trust;
    return base + (trust - base) * fade[month - last];
}

static inline double pair_trust(
    const Organisation *organisations, const Tie *ties, const int32_t *slots, int64_t i, int64_t j, int64_t month,
    const double *fade, double trust0)
{
    const double base = base_trust(organisations, i, j, trust0);
    const int64_t slot = find_tie(organisations, ties, slots, i, j);
    if (slot < 0)
        return base;
    return faded(trust_in(&ties[slot]), ties[slot].last, base, month, fade);
}

/* Remove j from the ties of i (the last one takes its slot). */
static inline void drop_tie(Organisation *organisations, Tie *ties, const int32_t *slots, int64_t i, int64_t j)
{
    const int64_t slot = find_tie(organisations, ties, slots, i, j);
    if (slot >= 0) {
        ties[slot] = ties[slots[i] + organisations[i].ties - 1];
        organisations[i].ties -= 1;
    }
}

/* Whether i has a slot for one more tie; forgets the weakest one that no alliance uses where it has none. */
static inline bool make_room(
    Organisation *organisations, Tie *ties, const int32_t *slots, int64_t i, int64_t month, const double *fade,
    double trust0)
{
    if (organisations[i].ties < slots[i + 1] - slots[i])
        return true;
    int64_t weakest = -1;
    uint16_t least = 0;
    const uint64_t key = organisations[i].key;
    for (int64_t slot = slots[i]; slot < slots[i + 1]; slot++) {
        if (ties[slot].last == IN_USE)
            continue;
        const int64_t k = ties[slot].partner;
        const double base = base_trust(organisations, i, k, trust0);
        const uint16_t level = kept_trust(faded(trust_in(&ties[slot]), ties[slot].last, base, month, fade));
        if (weakest >= 0 && level == least) {
            if (fold(key, organisations[k].key) < fold(key, organisations[ties[weakest].partner].key))
                weakest = slot;
        } else if (weakest < 0 || level < least) {
            weakest = slot;
            least = level;
        }
    }
    if (weakest < 0)
        return false;
    const int64_t k = ties[weakest].partner;
    drop_tie(organisations, ties, slots, i, k);
    drop_tie(organisations, ties, slots, k, i);
    return true;
}

/* Store the tie of i and j with both; whether there was room for it. */
static inline bool set_tie(
    Organisation *organisations, Tie *ties, const int32_t *slots, int64_t i, int64_t j, double trust, int16_t last,
    int64_t month, const double *fade, double trust0)
{
    const uint16_t kept = kept_trust(trust);
    int64_t here = find_tie(organisations, ties, slots, i, j);
    int64_t there;
    if (here >= 0) {
        there = find_tie(organisations, ties, slots, j, i);
        ties[here].trust = kept;
        ties[here].last = last;
        ties[there].trust = kept;
        ties[there].last = last;
        return true;
    }
    if (!make_room(organisations, ties, slots, i, month, fade, trust0)
        || !make_room(organisations, ties, slots, j, month, fade, trust0))
        return false;
    here = slots[i] + organisations[i].ties++;
    ties[here] = (Tie){.partner = (int32_t)j, .trust = kept, .last = last};
    there = slots[j] + organisations[j].ties++;
    ties[there] = (Tie){.partner = (int32_t)i, .trust = kept, .last = last};
    return true;
}

/* Whether i and j are members of one active alliance. */
static inline bool allied(
    const Organisation *organisations, const Alliance *alliances, const Membership *memberships, int64_t i, int64_t j)
{
    if (organisations[i].load > organisations[j].load) {
        const int64_t swap = i;
        i = j;
        j = swap;
    }
    for (int32_t m = organisations[i].first; m != NOBODY; m = memberships[m].next_alliance)
        for (int32_t o = alliances[memberships[m].alliance].first; o != NOBODY; o = memberships[o].next_member)
            if (memberships[o].organisation == j)
                return true;
    return false;
}

static inline int count_bits(uint8_t bits) { return __builtin_popcount(bits); }

/* Mean - risk_aversion * sd of Beta(1 + successes, 1 + failures), at least 0. */
static inline double prospect(double successes, double failures, double risk_aversion)
{
    const double a = 1.0 + successes;
    const double b = 1.0 + failures;
    const double n = a + b;
    const double value = a / n - risk_aversion * sqrt(a * b / (n * n * (n + 1.0)));
    return value < 0.0 ? 0.0 : value;
}

/* How far what was heard of success scales expectations. */
static inline double belief_term(double successes, double failures, double risk_aversion, double on)
{
    if (on == 0.0)
        return 1.0;
    return prospect(successes, failures, risk_aversion) / prospect(0.0, 0.0, risk_aversion);
}

/* What a depth brings to i by its objectives. */
static inline double fit(const float (*objectives)[4], const double (*benefits)[4], int64_t i, int depth, bool weighed)
{
    double total = 0.0;
    for (int o = 0; o < 4; o++) {
        if (weighed)
            total += 4.0 * objectives[i][o] * benefits[depth - 1][o];
        else
            total += benefits[depth - 1][o];
    }
    return total;
}

/* Deepest form that the capabilities allow (1-4). */
static inline int deepest(int shared, bool any_each_brings, int required, uint8_t coverage)
{
    if (2 * shared < required)
        return 1;
    if (shared < required || !any_each_brings)
        return 2;
    return coverage >> 5 & 1 && coverage >> 1 & 1 ? 4 : 3;
}

#endif
