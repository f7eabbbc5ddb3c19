/* The hot kernels of a month in C, bit for bit what the Numba kernels of the same names write and return.
 *
 * The core rules: every extension of the model is switched off (benchmarks/against_c.py asserts it), and with it the
 * few comparisons that the Numba kernels make to find that out. Tables are those of NumPy, their records described by
 * layout.h, which is written from the dtypes. Arguments have the names and the order of the Numba kernels; those that
 * are not read are left out, and arrays whose length matters are followed by it.
 */
#include <stdlib.h>

#include "relations.h"

#define EXPORT __attribute__((visibility("default")))

typedef const double (*Benefits)[4];
typedef const float (*Objectives)[4];

/* ---- meeting ------------------------------------------------------------------------------------------------- */

enum { AHEAD = 12 }; /* events between asking for memory and its use, as in src/alliancesim/kernels/prefetch.py */

static inline void fetch_organisation(const Organisation *organisations, const int32_t *slots, int64_t i)
{
    __builtin_prefetch(&organisations[i]);
    __builtin_prefetch(&organisations[i].ties);
    __builtin_prefetch(&slots[i]);
}

static inline void fetch_partners(const Organisation *organisations, const Tie *ties, const int32_t *slots, int64_t i)
{
    if (organisations[i].ties == slots[i + 1] - slots[i])
        for (int64_t slot = slots[i]; slot < slots[i + 1]; slot++)
            __builtin_prefetch(organisations[ties[slot].partner].openness);
}

static inline void fetch_ties(const Organisation *organisations, const Tie *ties, const int32_t *slots, int64_t i)
{
    const int64_t end = slots[i] + organisations[i].ties;
    for (int64_t slot = slots[i]; slot < end; slot += 8)
        __builtin_prefetch(&ties[slot]);
}

/* What meetings leave, one after the other: openness, exposure, a tie of at least the base trust. Returns the digest. */
EXPORT int64_t settle(
    Organisation *restrict organisations, Tie *restrict ties, const int32_t *restrict slots,
    const Meeting *restrict meetings, const int64_t *restrict order, int64_t n_order, uint8_t *restrict pending,
    const double *restrict fade, const Rules *restrict rules, int64_t month)
{
    const double gain = rules->contact_gain;
    const double trust0 = rules->trust0;
    uint64_t digest = 0;
    for (int64_t n = 0; n < n_order; n++) {
        const Meeting *ahead = &meetings[order[n + AHEAD < n_order ? n + AHEAD : n_order - 1]];
        fetch_organisation(organisations, slots, ahead->a);
        fetch_organisation(organisations, slots, ahead->b);
        ahead = &meetings[order[n + AHEAD / 3 < n_order ? n + AHEAD / 3 : n_order - 1]];
        fetch_partners(organisations, ties, slots, ahead->a);
        fetch_partners(organisations, ties, slots, ahead->b);
        ahead = &meetings[order[n + 2 * AHEAD / 3 < n_order ? n + 2 * AHEAD / 3 : n_order - 1]];
        fetch_ties(organisations, ties, slots, ahead->a);
        fetch_ties(organisations, ties, slots, ahead->b);
        const Meeting *meeting = &meetings[order[n]];
        const int64_t i = meeting->a;
        const int64_t j = meeting->b;
        const int si = organisations[i].sphere;
        const int sj = organisations[j].sphere;
        if (si != sj) {
            double o = organisations[i].openness[sj];
            organisations[i].openness[sj] = (float)(o + gain * (1.0 - o));
            o = organisations[j].openness[si];
            organisations[j].openness[si] = (float)(o + gain * (1.0 - o));
        }
        if (organisations[i].stage == 0 && pending[i] < 255)
            pending[i] += 1;
        if (organisations[j].stage == 0 && pending[j] < 255)
            pending[j] += 1;
        const double base = base_trust(organisations, i, j, trust0);
        const int64_t slot = find_tie(organisations, ties, slots, i, j);
        double trust = most_of(base, meeting->trust);
        int16_t last = (int16_t)month;
        if (slot >= 0) {
            trust = most_of(trust, faded(trust_in(&ties[slot]), ties[slot].last, base, month, fade));
            if (ties[slot].last == IN_USE)
                last = IN_USE;
        }
        set_tie(organisations, ties, slots, i, j, trust, last, month, fade, trust0);
        digest += ((organisations[i].key ^ organisations[j].key) & 0xFFFFFFFFFFFFu) + (uint64_t)(int64_t)(trust * 1048576.0);
    }
    return (int64_t)digest;
}

/* ---- proposal ------------------------------------------------------------------------------------------------ */

/* Coordination cost of one depth at the load that an organisation carries. */
static inline double load_cost(const Organisation *one, double coordination_cost)
{
    return coordination_cost * (1.0 + (double)one->load / (double)one->cap);
}

/* What the pairs order[low:high] weigh and decide: (leader or -1, partner, idea, depth) for each. */
EXPORT void weigh(
    const Organisation *restrict organisations, const float *restrict salience, int64_t domains, Objectives objectives,
    Benefits benefits, const Tie *restrict ties, const int32_t *restrict slots, const Cell *restrict cells,
    const Idea *restrict ideas, int64_t library, const Alliance *restrict alliances,
    const Membership *restrict memberships, const Meeting *restrict meetings, const int64_t *restrict order, int64_t low,
    int64_t high, const double *restrict fade, const Rules *restrict rules, const int64_t *restrict streams, int64_t seed,
    int64_t month, int32_t (*restrict choice)[4])
{
    const Rules p = *rules;
    const uint64_t k_first = stream_key(seed, streams[0], month);
    const uint64_t k_accept = stream_key(seed, streams[1], month);
    const bool weighed = p.objectives != 0.0;
    for (int64_t at = low; at < high; at++) {
        choice[at][0] = NOBODY;
        int64_t i = meetings[order[at]].a;
        int64_t j = meetings[order[at]].b;
        if (organisations[i].sphere == organisations[j].sphere)
            continue;
        if (organisations[i].stage == 0 || organisations[j].stage == 0)
            continue;
        if (organisations[i].load >= organisations[i].cap || organisations[j].load >= organisations[j].cap)
            continue;
        if (allied(organisations, alliances, memberships, i, j))
            continue;
        const double lot = uniform(pair_key(k_first, organisations[i].key, organisations[j].key));
        bool other_first; /* an association where there is one, with a chance; else by lot between keys */
        if (organisations[i].sphere == 0 || organisations[j].sphere == 0)
            other_first = (organisations[i].sphere != 0) != (lot >= p.association_leads);
        else
            other_first = (organisations[j].key < organisations[i].key) != (lot >= 0.5);
        if (other_first) {
            const int64_t swap = i;
            i = j;
            j = swap;
        }
        const Organisation *one = &organisations[i];
        const Organisation *other = &organisations[j];
        const double trust = pair_trust(organisations, ties, slots, i, j, month, fade, p.trust0);
        const Idea *ours = &ideas[cells[one->cell].perimeter * library];
        const double cash = one->cash + other->cash;
        const double time = one->time + other->time;
        const uint8_t both = one->capabilities | other->capabilities;
        const double belief_i = belief_term(one->successes, one->failures, p.risk_aversion, p.belief);
        const double belief_j = belief_term(other->successes, other->failures, p.risk_aversion, p.belief);
        const double burden_i = load_cost(one, p.coordination_cost);
        const double burden_j = load_cost(other, p.coordination_cost);
        double fit_i[5], fit_j[5];
        for (int y = 1; y < 5; y++) {
            fit_i[y] = fit(objectives, benefits, i, y, weighed);
            fit_j[y] = fit(objectives, benefits, j, y, weighed);
        }
        int64_t best_idea = -1;
        double best = 0.0;
        int best_deep = 0;
        double best_scaled = 0.0;
        for (int64_t m = 0; m < library; m++) {
            const Idea *idea = &ours[m];
            if (idea->cost <= 0.0)
                continue;
            const double scale = least_of(1.0, least_of(cash / idea->cost, time / idea->effort));
            if (scale <= 0.0)
                continue;
            const int required = count_bits(idea->capabilities);
            const int shared = count_bits(idea->capabilities & both);
            const bool each = (idea->capabilities & one->capabilities) && (idea->capabilities & other->capabilities);
            const int deep = deepest(shared, each, required, both);
            const double scaled = trust * power(p.p_miss, required - shared) * (idea->value * power(scale, p.gamma));
            const double weight = (double)domains * salience[i * domains + idea->domain];
            for (int y = 1; y <= deep && trust >= p.tau_base + (y - 1) * p.tau_step; y++) {
                const double e = scaled * weight * fit_i[y] * belief_i - burden_i * y;
                if (best_idea < 0 || e > best) {
                    best_idea = m;
                    best = e;
                    best_deep = deep;
                    best_scaled = scaled;
                }
            }
        }
        if (best_idea < 0)
            continue;
        const int domain = ours[best_idea].domain;
        const double weight_i = (double)domains * salience[i * domains + domain];
        const double weight_j = (double)domains * salience[j * domains + domain];
        int depth = 0;
        double joint = 0.0;
        double e_i = 0.0;
        double e_j = 0.0;
        for (int y = 1; y <= best_deep && trust >= p.tau_base + (y - 1) * p.tau_step; y++) {
            const double x_i = best_scaled * weight_i * fit_i[y] * belief_i - burden_i * y;
            const double x_j = best_scaled * weight_j * fit_j[y] * belief_j - burden_j * y;
            if (depth == 0 || x_i + x_j > joint) {
                depth = y;
                joint = x_i + x_j;
                e_i = x_i;
                e_j = x_j;
            }
        }
        const uint64_t pair = pair_key(k_accept, one->key, other->key);
        if (uniform(fold(pair, one->key)) >= logistic((e_i - p.theta) / p.temperature))
            continue;
        if (uniform(fold(pair, other->key)) >= logistic((e_j - p.theta) / p.temperature))
            continue;
        choice[at][0] = (int32_t)i;
        choice[at][1] = (int32_t)j;
        choice[at][2] = (int32_t)best_idea;
        choice[at][3] = depth;
    }
}

/* ---- execution ----------------------------------------------------------------------------------------------- */

enum { DIALOGUE, EXPERIMENT, DEPLOYED };
enum { SUCCESS = 1, FAILURE };

static inline double mean_structuration(
    const Organisation *organisations, const Alliance *alliance, const Membership *memberships)
{
    double total = 0.0;
    int64_t n = 0;
    for (int32_t m = alliance->first; m != NOBODY; m = memberships[m].next_member) {
        total += organisations[memberships[m].organisation].structuration;
        n += 1;
    }
    return total / (double)n;
}

static inline double success_probability(
    const Organisation *organisations, const Alliance *alliance, const Membership *memberships, const Rules *p)
{
    const int required = count_bits(alliance->required);
    const int covered = count_bits(alliance->covered);
    double chance = power(p->p_ok, covered) * power(p->p_miss, required - covered);
    chance = chance * (1.0 - p->k_str * (1.0 - mean_structuration(organisations, alliance, memberships)));
    if (alliance->accompanied == 1 && chance > 0.0) {
        const double odds = (1.0 - chance) / chance * p->accompany_failure;
        chance = 1.0 / (1.0 + odds);
    }
    return chance * alliance->paid;
}

/* A member's experience, as changes from one square of the table to the next, two for each row of the disc around it. */
static inline void add_experience(
    const int32_t (*near)[2], int64_t rows, int64_t square, int sphere, double weight, bool first, bool lost,
    int64_t (*restrict changes)[3][3])
{
    const int64_t unit = (int64_t)floor(weight * 1048576.0 + 0.5);
    for (int64_t row = square * rows; row < (square + 1) * rows; row++) {
        if (near[row][0] < 0)
            continue;
        int64_t *begin = changes[near[row][0]][sphere];
        int64_t *end = changes[near[row][1]][sphere];
        begin[0] += first * unit;
        end[0] -= first * unit;
        begin[1] += unit;
        end[1] -= unit;
        begin[2] += lost * unit;
        end[2] -= lost * unit;
    }
}

/* Shares a benefit by contribution; a firm's share counts by its local anchoring. */
static inline void share_benefits(
    const Organisation *organisations, const double *anchoring, Alliance *alliance, Membership *memberships, double value,
    const Rules *p)
{
    double cash = 0.0;
    double time = 0.0;
    for (int32_t m = alliance->first; m != NOBODY; m = memberships[m].next_member) {
        cash += memberships[m].cash;
        time += memberships[m].time;
    }
    for (int32_t m = alliance->first; m != NOBODY; m = memberships[m].next_member) {
        const Organisation *member = &organisations[memberships[m].organisation];
        double share = 0.0;
        if (cash > 0.0 && time > 0.0)
            share = 0.5 * memberships[m].cash / cash + 0.5 * memberships[m].time / time;
        else if (cash > 0.0)
            share = memberships[m].cash / cash;
        else if (time > 0.0)
            share = memberships[m].time / time;
        if (alliance->accompanied == 1)
            share = (1.0 - p->accompany_equal) * share + p->accompany_equal / alliance->members;
        if (member->enterprise != NOBODY)
            share = share * anchoring[member->enterprise];
        memberships[m].benefit += value * share;
    }
    alliance->benefit += value;
}

/* Relieves the need of a domain in all cells of a perimeter, never below 0. */
static inline void relieve(
    const Cell *cells, const Perimeter *perimeter, double *need, double *relief, double *perimeter_need, int64_t domains,
    int domain, double amount)
{
    double total = 0.0;
    double people = 0.0;
    for (int64_t c = perimeter->cell_low; c < perimeter->cell_high; c++) {
        const double taken = least_of(amount, need[c * domains + domain]);
        need[c * domains + domain] -= taken;
        relief[c * domains + domain] += taken;
        total += cells[c].population * need[c * domains + domain];
        people += cells[c].population;
    }
    if (people > 0.0)
        perimeter_need[domain] = total / people;
}

/* Pools a year's cost in proportion to slack; clients of joint offers and the fund add to it. */
static inline void pool(
    Organisation *organisations, Alliance *alliance, Membership *memberships, double *purse, Perimeter *perimeters,
    bool fund_open, const Rules *p)
{
    const int required = count_bits(alliance->required);
    const int missing = required - count_bits(alliance->covered);
    const double wanted = alliance->cost * (1.0 + p->premium * missing / required);
    double client = 0.0;
    if (alliance->depth == 3 && perimeters[alliance->perimeter].client > 0.0) {
        client = least_of(wanted, perimeters[alliance->perimeter].client);
        perimeters[alliance->perimeter].client -= client;
        purse[3] += client;
    }
    const double asked = wanted - client;
    double cash = 0.0;
    double time = 0.0;
    for (int32_t m = alliance->first; m != NOBODY; m = memberships[m].next_member) {
        cash += organisations[memberships[m].organisation].cash;
        time += organisations[memberships[m].organisation].time;
    }
    const double cash_share = cash > 0.0 ? least_of(1.0, asked / cash) : 0.0;
    const double time_share = time > 0.0 ? least_of(1.0, alliance->effort / time) : 0.0;
    alliance->pool_cash = 0.0;
    alliance->pool_time = 0.0;
    for (int32_t m = alliance->first; m != NOBODY; m = memberships[m].next_member) {
        Membership *membership = &memberships[m];
        Organisation *member = &organisations[membership->organisation];
        const double paid_cash = member->cash * cash_share;
        const double paid_time = member->time * time_share;
        membership->cash = paid_cash;
        membership->time = paid_time;
        member->cash = most_of(0.0, member->cash - paid_cash);
        member->time = most_of(0.0, member->time - paid_time);
        alliance->pool_cash += paid_cash;
        alliance->pool_time += paid_time;
    }
    alliance->outside = client;
    const double gap = wanted - client - alliance->pool_cash;
    if (fund_open && alliance->stage == EXPERIMENT && alliance->spheres & 1 && wanted <= purse[1] && gap > 1e-9 * wanted) {
        const double ticket = least_of(gap * p->ticket_share, purse[0]);
        if (ticket > 0.0) {
            purse[0] -= ticket;
            purse[2] += ticket;
            alliance->outside += ticket;
        }
    }
    double share = 1.0;
    if (wanted > 0.0)
        share = least_of(share, (alliance->pool_cash + alliance->outside) / wanted);
    if (alliance->effort > 0.0)
        share = least_of(share, alliance->pool_time / alliance->effort);
    if (share > 1.0 - 1e-9)
        share = 1.0;
    alliance->paid = share;
    alliance->spent_cash += alliance->pool_cash;
    alliance->spent_time += alliance->pool_time;
}

/* Dialogue that is over becomes an experiment; at anniversaries a result is drawn; then the year is pooled. */
EXPORT int64_t run_year(
    Organisation *restrict organisations, const double *restrict anchoring, const Cell *restrict cells,
    Perimeter *restrict perimeters, double *restrict need, int64_t domains, double *restrict relief,
    double *restrict perimeter_need, int64_t n_perimeters, Alliance *restrict alliances, Membership *restrict memberships,
    const int32_t *restrict due, int64_t n_due, const int32_t (*restrict near)[2], int64_t disc_rows,
    int64_t (*restrict changes)[3][3], double (*restrict whole)[3], double *restrict purse, int64_t fund_open, const Rules *restrict rules, int64_t stream,
    int64_t seed, int64_t month)
{
    const uint64_t base = stream_key(seed, stream, month);
    uint64_t digest = 0;
    double *amounts = calloc((size_t)(n_perimeters * domains), sizeof *amounts); /* relief by perimeter and domain */
    for (int64_t n = 0; n < n_due; n++) {
        Alliance *alliance = &alliances[due[n]];
        if (alliance->stage == DIALOGUE) {
            alliance->stage = EXPERIMENT;
            alliance->launch = (int16_t)month;
        }
        if (month - alliance->launch > 0) {
            const double chance = success_probability(organisations, alliance, memberships, rules);
            const bool won = uniform(fold(base, alliance->key)) < chance;
            alliance->draws += 1;
            if (alliance->stage == EXPERIMENT) {
                for (int32_t m = alliance->first; m != NOBODY; m = memberships[m].next_member) {
                    Organisation *member = &organisations[memberships[m].organisation];
                    const int sphere = member->sphere;
                    const double weight = member->weight;
                    const bool first = member->finished == 0;
                    add_experience(near, disc_rows, cells[member->cell].square, sphere, weight, first, !won, changes);
                    whole[2][sphere] += weight;
                    if (!won)
                        whole[3][sphere] += weight;
                    if (first) {
                        member->finished = 1;
                        whole[1][sphere] += weight;
                    }
                }
            }
            if (won) {
                alliance->result = SUCCESS;
                alliance->successes += 1;
                alliance->stage = DEPLOYED;
                const int64_t r = alliance->perimeter;
                const double value = alliance->value;
                const bool own = alliance->zone < 0 && alliance->inhabitants == 0;
                if (own && perimeters[r].population > 0.0)
                    amounts[r * domains + alliance->domain] +=
                        rules->relief * value * 1000.0 / perimeters[r].population;
                share_benefits(organisations, anchoring, alliance, memberships, value, rules);
            } else {
                alliance->result = FAILURE;
            }
            digest += (alliance->key & 0xFFFFFFFFu) * (uint64_t)alliance->result;
        }
        alliance->pooled = (int16_t)month;
        pool(organisations, alliance, memberships, purse, perimeters, fund_open != 0, rules);
        digest += (uint64_t)(int64_t)(alliance->pool_cash * 1048576.0);
    }
    for (int64_t r = 0; r < n_perimeters; r++)
        for (int domain = 0; domain < domains; domain++)
            if (amounts[r * domains + domain] > 0.0)
                relieve(
                    cells, &perimeters[r], need, relief, &perimeter_need[r * domains], domains, domain,
                    amounts[r * domains + domain]);
    free(amounts);
    return (int64_t)digest;
}

/* ---- learning ------------------------------------------------------------------------------------------------ */

/* Trust += gain * (1 - trust) - loss * trust for the tie of i and j, where they have one. */
static inline void shift_trust(
    const Organisation *organisations, Tie *ties, const int32_t *slots, int64_t i, int64_t j, double gain, double loss)
{
    const int64_t here = find_tie(organisations, ties, slots, i, j);
    if (here < 0)
        return;
    const int64_t there = find_tie(organisations, ties, slots, j, i);
    const double before = trust_in(&ties[here]);
    const uint16_t after = kept_trust(before + gain * (1.0 - before) - loss * before);
    ties[here].trust = after;
    ties[there].trust = after;
}

/* Success raises trust, structuration and openness of members; failure lowers trust and openness. Returns the digest. */
EXPORT int64_t learn_from_results(
    Organisation *restrict organisations, Tie *restrict ties, const int32_t *restrict slots,
    const Alliance *restrict alliances, const Membership *restrict memberships, const int32_t *restrict rows,
    int64_t n_rows, const Rules *restrict rules, double learning)
{
    const double contact = rules->contact_gain;
    uint64_t digest = 0;
    for (int64_t n = 0; n < n_rows; n++) {
        const bool won = alliances[rows[n]].result == SUCCESS;
        const double gain = won ? rules->eta_plus : 0.0;
        const double loss = won ? 0.0 : rules->eta_minus;
        for (int32_t m = alliances[rows[n]].first; m != NOBODY; m = memberships[m].next_member) {
            const int64_t i = memberships[m].organisation;
            const int si = organisations[i].sphere;
            if (won) {
                const double s = organisations[i].structuration;
                organisations[i].structuration = (float)(s + learning * (1.0 - s));
            }
            for (int32_t o = memberships[m].next_member; o != NOBODY; o = memberships[o].next_member) {
                const int64_t j = memberships[o].organisation;
                const int sj = organisations[j].sphere;
                shift_trust(organisations, ties, slots, i, j, gain, loss);
                if (si != sj) {
                    const double a = organisations[i].openness[sj];
                    const double b = organisations[j].openness[si];
                    organisations[i].openness[sj] = (float)(won ? a + contact * (1.0 - a) : a - contact * a);
                    organisations[j].openness[si] = (float)(won ? b + contact * (1.0 - b) : b - contact * b);
                }
            }
            digest += (uint64_t)(int64_t)(organisations[i].structuration * 1048576.0) + (organisations[i].key & 0xFFFFu);
        }
    }
    return (int64_t)digest;
}
