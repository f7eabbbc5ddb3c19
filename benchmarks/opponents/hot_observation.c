/* The monthly record in C, bit for bit what the Numba kernels of src/alliancesim/kernels/observation.py write. */
#include "relations.h"

#define EXPORT __attribute__((visibility("default")))

/* What trust reads of organisations low..high - 1: roots of openness, and the sphere, -1 outside the place. */
EXPORT void openness_roots(
    const Organisation *restrict organisations, const Cell *restrict cells, int64_t low, int64_t high,
    float (*restrict root)[3], int8_t *restrict sphere)
{
    for (int64_t i = low; i < high; i++) {
        sphere[i] = cells[organisations[i].cell].reported == 0 ? -1 : organisations[i].sphere;
        for (int s = 0; s < 3; s++)
            root[i][s] = sqrtf(organisations[i].openness[s]);
    }
}

/* Sums the trust of ties of organisations low..high - 1 by pair of spheres (3, 3), each tie once. */
EXPORT void tie_trust(
    const Organisation *restrict organisations, const Tie *restrict ties, const int32_t *restrict slots,
    const float (*restrict root)[3], const int8_t *restrict sphere, int64_t low, int64_t high,
    const double *restrict fade, int64_t month, double trust0, double (*restrict total)[3], double (*restrict number)[3])
{
    memset(total, 0, 9 * sizeof(double));
    memset(number, 0, 9 * sizeof(double));
    for (int64_t i = low; i < high; i++) {
        const int si = sphere[i];
        if (si < 0)
            continue;
        const int64_t end = slots[i] + organisations[i].ties;
        for (int64_t slot = slots[i]; slot < end; slot++) {
            const int64_t j = ties[slot].partner;
            int sj = sphere[j];
            if (j > i || sj < 0) {
                if (sj < 0)
                    sj = organisations[j].sphere;
                const double base = trust0 * root[i][sj] * root[j][si];
                const int a = si < sj ? si : sj;
                const int b = si < sj ? sj : si;
                total[a][b] += faded(trust_in(&ties[slot]), ties[slot].last, base, month, fade);
                number[a][b] += 1.0;
            }
        }
    }
}

/* Whether an alliance has a member in a reported cell. */
static inline bool has_place(
    const Organisation *organisations, const Cell *cells, const Alliance *alliance, const Membership *memberships)
{
    for (int32_t m = alliance->first; m != NOBODY; m = memberships[m].next_member)
        if (cells[organisations[memberships[m].organisation].cell].reported == 1)
            return true;
    return false;
}

/* Sums over active[low..high - 1], alliances of the place; what each of the 24 sums is stands with the Numba kernel. */
EXPORT void survey(
    const Organisation *restrict organisations, const Cell *restrict cells, const double *restrict cell_x,
    const double *restrict cell_y, const Alliance *restrict alliances, const Membership *restrict memberships,
    const int32_t *restrict active, int64_t low, int64_t high, int64_t month, double *restrict sums, double *restrict depth,
    int64_t n_depth, double *restrict stage, int64_t n_stage, double *restrict origin, int64_t n_origin,
    double *restrict form, int64_t n_form)
{
    static const int FORM_OF[8] = {5, 3, 4, 0, 5, 1, 2, 6}; /* number of the form of a set of spheres */
    memset(sums, 0, 24 * sizeof(double));
    memset(depth, 0, (size_t)n_depth * sizeof(double));
    memset(stage, 0, (size_t)n_stage * sizeof(double));
    memset(origin, 0, (size_t)n_origin * sizeof(double));
    memset(form, 0, (size_t)n_form * sizeof(double));
    for (int64_t n = low; n < high; n++) {
        const Alliance *a = &alliances[active[n]];
        if (!has_place(organisations, cells, a, memberships))
            continue;
        sums[0] += 1.0;
        sums[1] += a->members;
        if (a->members >= 3)
            sums[2] += 1.0;
        depth[a->depth - 1] += 1.0;
        stage[a->stage] += 1.0;
        origin[a->origin] += 1.0;
        form[FORM_OF[a->spheres & 7]] += 1.0;
        if (a->spheres == 7)
            sums[3] += 1.0;
        if (a->identified != NOBODY)
            sums[4] += 1.0;
        const int64_t age = month - a->start;
        sums[5] += (double)(age > 0 ? age : 0);
        if (age < 60)
            sums[6] += 1.0;
        sums[7] += a->value;
        sums[8] += a->alone;
        sums[9] += a->cost;
        sums[10] += a->alone_cost;
        sums[16] += a->successes;
        sums[17] += a->draws;
        if (a->depth == 4)
            sums[18] += a->value;
        if (a->depth >= 3)
            sums[20] += a->value;
        sums[19] += a->accompanied;
        double total = 0.0;
        double gap = 0.0;
        for (int32_t m = a->first; m != NOBODY; m = memberships[m].next_member) {
            const int32_t c = organisations[memberships[m].organisation].cell;
            total += memberships[m].benefit;
            for (int32_t o = memberships[m].next_member; o != NOBODY; o = memberships[o].next_member) {
                const int32_t d = organisations[memberships[o].organisation].cell;
                const double dx = cell_x[c] - cell_x[d];
                const double dy = cell_y[c] - cell_y[d];
                sums[13] += sqrt(dx * dx + dy * dy);
                sums[14] += 1.0;
                if (cells[c].side != cells[d].side)
                    sums[15] += 1.0;
                gap += fabs(memberships[m].benefit - memberships[o].benefit);
            }
        }
        if (total > 0.0) {
            sums[11] += gap / (a->members * total);
            sums[12] += 1.0;
        }
    }
}
