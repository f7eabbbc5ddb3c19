/* Who hears, who meets whom, who convenes, in C: bit for bit the Numba kernels of src/alliancesim/kernels/awareness.py,
 * meeting.py and gathering.py, extensions switched off.
 */
#include "relations.h"

#define EXPORT __attribute__((visibility("default")))

enum { FETCHED_AHEAD = 12 };

/* ---- points below a rate on a line: src/alliancesim/kernels/points.py ------------------------------------------ */

typedef struct {
    uint64_t key;   /* of the line */
    double length;
    double rate;
    double low, high; /* rates of this layer */
    uint64_t layer;
    uint64_t n;     /* points of this layer that were looked at */
    double at;      /* position, level and key of the latest point */
    double level;
    uint64_t point;
} Points;

static inline Points points(uint64_t key, double length, double rate)
{
    return (Points){.key = key, .length = length, .rate = rate, .high = 1.0 / 1024.0};
}

/* Whether there is one more point; it is then in at, level and point. */
static inline bool next_point(Points *line)
{
    while (line->low < line->rate) {
        const uint64_t base = fold(line->key, line->layer);
        const double mean = 1.0 / (line->high - line->low);
        for (;;) {
            line->point = fold(base, line->n);
            const double u = uniform(line->point);
            if (line->at + u * mean >= line->length)
                break;
            line->at -= logarithm(1.0 - u) * mean;
            if (line->at >= line->length)
                break;
            line->n += 1;
            line->level = line->low + (line->high - line->low) * uniform(fold(line->point, 0));
            if (line->level < line->rate)
                return true;
        }
        line->low = line->high;
        line->high = 2.0 * line->high;
        line->layer += 1;
        line->n = 0;
        line->at = 0.0;
    }
    return false;
}

/* ---- awareness ------------------------------------------------------------------------------------------------- */

/* What was heard fades by month; openness toward other spheres returns to its start. */
EXPORT void fade(Organisation *restrict organisations, int64_t low, int64_t high, double kept, double start, double decay)
{
    for (int64_t i = low; i < high; i++) {
        Organisation *one = &organisations[i];
        one->successes = (float)(kept * one->successes);
        one->failures = (float)(kept * one->failures);
        for (int s = 0; s < 3; s++) {
            if (s != one->sphere) {
                const double o = one->openness[s];
                one->openness[s] = (float)(o + decay * (start - o));
            }
        }
    }
}

/* Background exposures that take effect in cells low..high - 1. Returns the digest. */
EXPORT int64_t hear_of_it(
    Organisation *restrict organisations, const Cell *restrict cells, int64_t low, int64_t high,
    const Rules *restrict rules, int64_t stream, int64_t seed, int64_t month)
{
    const uint64_t base = stream_key(seed, stream, month);
    const double rate = rules->background_exposures * rules->p_aware;
    uint64_t digest = 0;
    for (int64_t c = low; c < high; c++) {
        Points line = points(fold(base, cells[c].key), cells[c].high - cells[c].low, rate);
        while (next_point(&line)) {
            Organisation *one = &organisations[cells[c].low + (int64_t)line.at];
            if (one->stage == 0) {
                one->stage = 1;
                digest += one->key & 0xFFFFFFFFFFFFu;
            }
        }
    }
    return (int64_t)digest;
}

/* Testimonies of peers heard in cells low..high - 1. Returns the digest. */
EXPORT int64_t hear_peers(
    Organisation *restrict organisations, const Cell *restrict cells, int64_t low, int64_t high,
    const double (*restrict peers)[3], const double (*restrict finished)[3], const double (*restrict experiments)[3],
    const double (*restrict failed)[3], const double (*restrict whole)[3], int64_t reach_all, const Rules *restrict rules,
    int64_t stream, int64_t seed, int64_t month)
{
    const uint64_t base = stream_key(seed, stream, month);
    uint64_t digest = 0;
    for (int64_t c = low; c < high; c++) {
        const int64_t square = cells[c].square;
        const uint64_t here = fold(base, cells[c].key);
        const int32_t bounds[4] = {cells[c].low, cells[c].firms, cells[c].collectivities, cells[c].high};
        for (int sphere = 0; sphere < 3; sphere++) {
            const double n = reach_all ? whole[0][sphere] : peers[square][sphere];
            const double f = reach_all ? whole[1][sphere] : finished[square][sphere];
            const double e = reach_all ? whole[2][sphere] : experiments[square][sphere];
            const double x = reach_all ? whole[3][sphere] : failed[square][sphere];
            if (f <= 0.0 || e <= 0.0 || n <= 0.0)
                continue;
            const double rate = rules->peers_heard * least_of(1.0, f / n);
            const double good = rate * (1.0 - x / e);
            Points line = points(
                fold(here, sphere), bounds[sphere + 1] - bounds[sphere], good + rate * (x / e) * rules->failures_told);
            while (next_point(&line)) {
                Organisation *one = &organisations[bounds[sphere] + (int64_t)line.at];
                if (line.level < good) {
                    one->successes += 1.0f;
                    digest += one->key & 0xFFFFFFFFu;
                } else {
                    one->failures += 1.0f;
                    digest += 3 * (one->key & 0xFFFFFFFFu);
                }
                if (one->stage == 0 && uniform(fold(line.point, 1)) < rules->q_peer) {
                    one->stage = 1;
                    digest += one->key & 0xFFFFFFFFFFFFu;
                }
            }
        }
    }
    return (int64_t)digest;
}

/* ---- meeting --------------------------------------------------------------------------------------------------- */

/* First index in low..high - 1 whose (cumulated) value exceeds target; the last one if none does. */
static inline int64_t first_above(const double *values, int64_t low, int64_t high, double target)
{
    const int64_t last = high - 1;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (values[middle] > target)
            high = middle;
        else
            low = middle + 1;
    }
    return low < last ? low : last;
}

/* As first_above, for values that grow about evenly from 0: looks around the place where it would then be. */
static inline int64_t first_above_near(const double *values, int64_t low, int64_t high, double target)
{
    const int64_t last = high - 1;
    const int64_t guess = low + (int64_t)((double)(high - low) * (target / values[last]));
    const int64_t at = guess < last ? guess : last;
    int64_t step = 1;
    if (values[at] > target) {
        high = at + 1;
        while (at - step >= low && values[at - step] > target) {
            high = at - step + 1;
            step = 2 * step;
        }
        if (at - step + 1 > low)
            low = at - step + 1;
    } else {
        low = at + 1;
        while (at + step <= last && values[at + step] <= target) {
            low = at + step + 1;
            step = 2 * step;
        }
        if (at + step + 1 < high)
            high = at + step + 1;
    }
    const int64_t found = first_above(values, low, high, target);
    return found < last ? found : last;
}

/* Whose turn it is to look for a meeting in cells low..high - 1. Returns how many. */
EXPORT int64_t turns(
    const Cell *restrict cells, const double *restrict organisation_mass, int64_t low, int64_t high, int64_t stream,
    int64_t seed, int64_t month, int32_t *restrict rows, int64_t room, uint64_t *restrict keys)
{
    const uint64_t base = stream_key(seed, stream, month);
    int64_t found = 0;
    for (int64_t c = low; c < high; c++) {
        if (cells[c].high <= cells[c].low)
            continue;
        Points line = points(fold(base, cells[c].key), organisation_mass[cells[c].high - 1], cells[c].meetings);
        while (next_point(&line)) {
            if (found < room) {
                rows[found] = (int32_t)first_above_near(organisation_mass, cells[c].low, cells[c].high, line.at);
                keys[found] = line.point;
            }
            found += 1;
        }
    }
    return found;
}

/* Where everyone stands, and how far apart. */
typedef struct {
    const Cell *cells;
    const Square *squares;
    const int64_t *blocks;
    const int64_t *part_of_block;
    const double *part_mass;
    const double *organisation_mass;
    const double (*boxes)[4];
    const double *cumulated; /* (n_blocks, n_blocks) */
    int64_t n_blocks;
    const int16_t *guide;    /* (n_blocks, shares + 1) */
    int64_t shares;
    double d0;
} Geometry;

/* Least distance, km, of a square of one block to one of another. */
static inline double least_distance(const double (*boxes)[4], int64_t a, int64_t b)
{
    const double dx = most_of(0.0, most_of(boxes[b][0] - boxes[a][1], boxes[a][0] - boxes[b][1]));
    const double dy = most_of(0.0, most_of(boxes[b][2] - boxes[a][3], boxes[a][2] - boxes[b][3]));
    return sqrt(dx * dx + dy * dy);
}

/* Organisation met from a cell, by distance and size; -1 when 200 attempts found nobody. */
static inline int64_t draw_partner(const Geometry *space, int64_t i, int64_t cell, uint64_t key)
{
    const Cell *cells = space->cells;
    const int64_t origin = cells[cell].block;
    const double *row = &space->cumulated[origin * space->n_blocks];
    const int16_t *guide = &space->guide[origin * (space->shares + 1)];
    const Square *here = &space->squares[cells[cell].square];
    for (uint64_t attempt = 0; attempt < 200; attempt++) {
        const uint64_t k = fold(key, attempt);
        const double u = uniform(fold(k, 0));
        const int64_t g = (int64_t)(u * (double)space->shares);
        const int64_t b = first_above(row, guide[g], guide[g + 1] + 1, u * row[space->n_blocks - 1]);
        const int64_t low = space->blocks[b];
        const int64_t high = space->blocks[b + 1];
        const int64_t at =
            first_above(space->part_mass, low, high, uniform(fold(k, 1)) * space->part_mass[high - 1]);
        const Cell *part = &cells[space->part_of_block[at]];
        if (part->high <= part->low)
            continue;
        const int64_t j = first_above_near(
            space->organisation_mass, part->low, part->high,
            uniform(fold(k, 2)) * space->organisation_mass[part->high - 1]);
        if (j == i)
            continue;
        const Square *there = &space->squares[part->square];
        const double dx = here->x - there->x;
        const double dy = here->y - there->y;
        const double distance = sqrt(dx * dx + dy * dy);
        if (uniform(fold(k, 3)) < exponential(-(distance - least_distance(space->boxes, origin, b)) / space->d0))
            return j;
    }
    return -1;
}

/* Meetings that willing and engaged organisations find at their turns. Returns how many. */
EXPORT int64_t seek(
    const Organisation *restrict organisations, const int32_t *restrict turn, int64_t n_turn, const uint64_t *restrict keys,
    const Cell *restrict cells, const Square *restrict squares, const int64_t *restrict blocks,
    const int64_t *restrict part_of_block, const double *restrict part_mass, const double *restrict organisation_mass,
    const double (*restrict boxes)[4], const double *restrict cumulated, int64_t n_blocks, const int16_t *restrict guide,
    int64_t guide_columns, const uint8_t *restrict institutional, const Rules *restrict rules,
    const int64_t *restrict streams, int64_t seed, int64_t month, int32_t (*restrict met)[2])
{
    const Geometry space = {
        cells, squares, blocks, part_of_block, part_mass, organisation_mass, boxes, cumulated, n_blocks, guide,
        guide_columns - 1, rules->d0,
    };
    const uint64_t k_border = stream_key(seed, streams[0], month);
    const uint64_t k_distance = stream_key(seed, streams[1], month);
    int64_t found = 0;
    for (int64_t n = 0; n < n_turn; n++) {
        __builtin_prefetch(&organisations[turn[n + FETCHED_AHEAD < n_turn ? n + FETCHED_AHEAD : n_turn - 1]].stage);
        const int64_t i = turn[n];
        const Organisation *one = &organisations[i];
        if (one->stage == 0)
            continue;
        if (one->weight > 1.0f && uniform(fold(keys[n], 3)) * one->weight >= 1.0)
            continue;
        const int64_t j = draw_partner(&space, i, one->cell, fold(keys[n], 2));
        if (j < 0)
            continue;
        const Organisation *other = &organisations[j];
        const Cell *c = &cells[one->cell];
        const Cell *d = &cells[other->cell];
        if (c->side != d->side && uniform(pair_key(k_border, one->key, other->key)) >= rules->beta)
            continue;
        if (institutional[one->kind] != institutional[other->kind]) {
            const double passes = institutional[other->kind] ? c->zeta : d->zeta;
            if (uniform(pair_key(k_distance, one->key, other->key)) >= passes)
                continue;
        }
        met[found][0] = (int32_t)i;
        met[found][1] = (int32_t)j;
        found += 1;
    }
    return found;
}

/* ---- gathering ------------------------------------------------------------------------------------------------- */

/* Organisations of cells low..high - 1 that convene a forum by themselves. Returns how many. */
EXPORT int64_t convenors(
    const Organisation *restrict organisations, const Cell *restrict cells, int64_t low, int64_t high,
    const Rules *restrict rules, int64_t stream, int64_t seed, int64_t month, int64_t *restrict result, int64_t room)
{
    const uint64_t base = stream_key(seed, stream, month);
    const double rate = -logarithm(1.0 - rules->spontaneous_convening);
    int64_t n = 0;
    for (int64_t c = low; c < high; c++) {
        int64_t latest = -1;
        Points line = points(fold(base, cells[c].key), cells[c].high - cells[c].low, rate);
        while (next_point(&line)) {
            const int64_t i = cells[c].low + (int64_t)line.at;
            if (i == latest)
                continue;
            if (organisations[i].stage > 0 && organisations[i].structuration > rules->convening_structuration) {
                latest = i;
                if (n < room)
                    result[n] = i;
                n += 1;
            }
        }
    }
    return n;
}
