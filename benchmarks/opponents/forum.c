/* One deliberation, from agenda to launch, in C: bit for bit src/alliancesim/kernels/forum.py.
 *
 * Without the protocol (which in vitro forums do not keep) and without the extensions governance and patience. Tables of
 * one forum are small, so what it notes for itself stands on the stack.
 */
#include "relations.h"

#define EXPORT __attribute__((visibility("default")))

enum { MOST_PEOPLE = 60, MOST_IDEAS = 256, MOST_ACTIONS = 10 };
enum { LAUNCHED, INFEASIBLE, NO_AGREEMENT, LOST, NO_LEADER, CONTEST_FAILED, PURSE_FAILED };
enum { JOIN = 60, CARRY, CONCEDE, LOT, QUARREL };
enum { ANIMATOR = -1, NO_CARRIER = -2 };

/* The tables of one forum. */
typedef struct {
    int n, library, domains;
    Participant *people;
    const double *salience;    /* (n, domains) */
    const double *shared;      /* (domains,) */
    const double (*objectives)[4];
    const double (*benefits)[4];
    double *trust;             /* (n, n) */
    const Idea *ideas;
    const Rules *rules;
    const Setting *setting;
    int64_t number;            /* of the round of actions */
} Forum;

/* What one makes of the ideas, and where each stands. */
typedef struct {
    double worth[MOST_PEOPLE * MOST_IDEAS]; /* (n, library) */
    double plain[MOST_PEOPLE * MOST_IDEAS];
    double outside[MOST_PEOPLE];
    int favourite[MOST_PEOPLE];
    int8_t here[MOST_PEOPLE];
    int8_t support[MOST_PEOPLE];
    int8_t on_agenda[MOST_IDEAS];
    int8_t done[MOST_IDEAS];
    int package[MOST_ACTIONS];
} Minutes;

typedef struct {
    double cash, time;
    uint8_t capabilities;
} Purse;

/* Mean trust over pairs of those in who; 0 without pairs. */
static double mean_pair_trust(const Forum *f, const int8_t *who)
{
    double total = 0.0;
    int pairs = 0;
    for (int i = 0; i < f->n; i++) {
        if (!who[i])
            continue;
        for (int j = i + 1; j < f->n; j++) {
            if (who[j]) {
                total += f->trust[i * f->n + j];
                pairs += 1;
            }
        }
    }
    return pairs == 0 ? 0.0 : total / pairs;
}

/* Trust between those in who falls; returns what was lost. */
static double lose_trust(const Forum *f, const int8_t *who, double loss)
{
    double lost = 0.0;
    for (int i = 0; i < f->n; i++) {
        if (!who[i])
            continue;
        for (int j = i + 1; j < f->n; j++) {
            if (who[j]) {
                const double before = f->trust[i * f->n + j];
                const double fall = loss * before;
                f->trust[i * f->n + j] = before - fall;
                f->trust[j * f->n + i] = before - fall;
                lost += fall;
            }
        }
    }
    return lost;
}

static inline bool able_to_lead(const Participant *one, const Idea *idea, const Rules *p)
{
    return one->cash >= p->lead_slack * idea->cost && one->time >= p->lead_slack * idea->effort
        && one->structuration >= p->lead_structuration;
}

static Purse purse_of(const Forum *f, const int8_t *who)
{
    Purse purse = {0.0, 0.0, 0};
    for (int i = 0; i < f->n; i++) {
        if (who[i]) {
            purse.cash += f->people[i].cash;
            purse.time += f->people[i].time;
            purse.capabilities |= f->people[i].capabilities;
        }
    }
    return purse;
}

static inline bool affordable(const Idea *idea, Purse purse, double phi)
{
    return idea->cost <= phi * purse.cash && idea->effort <= phi * purse.time
        && (idea->capabilities & ~purse.capabilities) == 0;
}

/* Most neutral carrier present that does not claim the lead; writes its neutrality. */
static int carrier_of(const Forum *f, const int8_t *here, const int8_t *claims, double *neutrality)
{
    int best = f->setting->carrier > 0.0 ? ANIMATOR : NO_CARRIER;
    double most = f->setting->carrier > 0.0 ? f->setting->carrier : 0.0;
    for (int i = 0; i < f->n; i++) {
        if (here[i] && !claims[i] && f->people[i].neutrality > most) {
            best = i;
            most = f->people[i].neutrality;
        }
    }
    *neutrality = most;
    return best;
}

/* The claimant with the smallest keyed number. */
static int by_lot(const Forum *f, const int8_t *claims, uint64_t key)
{
    int best = -1;
    double least = 2.0;
    for (int i = 0; i < f->n; i++) {
        if (claims[i]) {
            const double draw = uniform(fold(key, f->people[i].key));
            if (best < 0 || draw < least) {
                best = i;
                least = draw;
            }
        }
    }
    return best;
}

/* Ideas that have votes enough and can be paid for together; whether those who back them are a quorum. */
static bool agree_on_package(const Forum *f, Minutes *is, const int8_t *present, const int *votes, int count)
{
    const Rules *p = f->rules;
    const Purse purse = purse_of(f, present);
    double cash = p->phi * purse.cash;
    double time = p->phi * purse.time;
    int chosen = 0;
    int backing = 0;
    while (chosen < (int)p->portfolio) {
        int best = -1;
        for (int m = 0; m < f->library; m++) {
            if (votes[m] < 2 || f->ideas[m].cost > cash || f->ideas[m].effort > time)
                continue;
            bool seen = false;
            for (int k = 0; k < chosen; k++)
                seen = seen || is->package[k] == m;
            if (!seen && (best < 0 || votes[m] > votes[best]))
                best = m;
        }
        if (best < 0)
            break;
        is->package[chosen++] = best;
        backing += votes[best];
        cash -= f->ideas[best].cost;
        time -= f->ideas[best].effort;
    }
    if (chosen > 1 && backing >= p->quorum * count - 1e-9)
        return true;
    for (int k = 0; k < MOST_ACTIONS; k++)
        is->package[k] = -1;
    return false;
}

/* Step 4: meetings until the front-runner, or a package, has the quorum of those present. */
static bool seek_agreement(const Forum *f, Minutes *is, Action *action)
{
    const Rules *p = f->rules;
    const uint64_t key = fold(f->setting->key, f->number);
    int ideal[MOST_PEOPLE];
    int votes[MOST_IDEAS];
    int8_t present[MOST_PEOPLE];
    memcpy(ideal, is->favourite, sizeof ideal);
    for (int k = 0; k < MOST_ACTIONS; k++)
        is->package[k] = -1;
    for (int r = 1; r <= f->setting->meetings; r++) {
        action->meetings = r;
        int count = 0;
        int later = 0;
        memset(votes, 0, (size_t)f->library * sizeof *votes);
        for (int i = 0; i < f->n; i++) {
            present[i] = is->here[i] && f->people[i].joins <= r;
            later += is->here[i] && f->people[i].joins > r;
            if (present[i]) {
                count += 1;
                votes[is->favourite[i]] += 1;
            }
        }
        if (count + later < 2)
            return false;
        if (count < 2)
            continue;
        int front = 0;
        for (int m = 0; m < f->library; m++)
            if (votes[m] > votes[front])
                front = m;
        if (votes[front] >= p->quorum * count - 1e-9) {
            is->package[0] = front;
            return true;
        }
        if (p->portfolio > 1.0 && agree_on_package(f, is, present, votes, count))
            return true;
        const double tolerance = 2.0 * mean_pair_trust(f, present) * (p->tol0 + 0.5 * p->tol0 * r);
        for (int i = 0; i < f->n; i++) {
            if (!present[i] || is->favourite[i] == front)
                continue;
            const double most = is->worth[i * f->library + ideal[i]];
            const double loss = most > 0.0 ? (most - is->worth[i * f->library + front]) / most : 0.0;
            const double draw = uniform(fold(fold(fold(key, JOIN), f->people[i].key), r));
            if (draw < logistic((tolerance - loss) / p->temperature))
                is->favourite[i] = front;
            else if (is->outside[i] > is->worth[i * f->library + front])
                is->here[i] = 0;
        }
    }
    return false;
}

/* Step 5: who carries the solution; the outcome so far (LAUNCHED where there is a leader). */
static int settle_lead(const Forum *f, Minutes *is, int at, Action *action)
{
    const Rules *p = f->rules;
    const uint64_t key = fold(fold(f->setting->key, f->number), 7 + at);
    int8_t claims[MOST_PEOPLE];
    int others = 0;
    for (int i = 0; i < f->n; i++) {
        claims[i] = is->support[i] && able_to_lead(&f->people[i], &f->ideas[at], p);
        others += claims[i] && !f->people[i].led;
    }
    int count = 0;
    for (int i = 0; i < f->n; i++) {
        if (others > 0 && f->people[i].led == 1)
            claims[i] = 0;
        if (claims[i]) {
            count += 1;
            action->leader = i;
        }
    }
    action->claimants = count;
    double neutrality;
    if (count == 0) {
        action->leader = carrier_of(f, is->here, claims, &neutrality);
        if (action->leader == NO_CARRIER)
            return NO_LEADER;
        action->carried = 1;
        return LAUNCHED;
    }
    if (count == 1)
        return LAUNCHED;
    if (p->lead_by_lot > 0.0) {
        action->leader = by_lot(f, claims, fold(key, LOT));
        return LAUNCHED;
    }
    for (int rounds = 0; rounds < (int)p->contest_max;) {
        const int carrier = carrier_of(f, is->here, claims, &neutrality);
        if (carrier > NO_CARRIER && uniform(fold(fold(key, CARRY), rounds)) < neutrality) {
            action->leader = carrier;
            action->carried = 1;
            return LAUNCHED;
        }
        rounds += 1;
        action->rounds += 1;
        action->months += 1;
        action->trust_lost += lose_trust(f, claims, p->eta_c);
        const int lot = by_lot(f, claims, fold(fold(key, LOT), rounds));
        int left = 0;
        for (int i = 0; i < f->n; i++) {
            if (!claims[i])
                continue;
            const double plain = is->plain[i * f->library + at];
            const double dependence = plain > 0.0 ? 1.0 - least_of(1.0, is->outside[i] / plain) : 0.0;
            const double draw = uniform(fold(fold(fold(key, CONCEDE), f->people[i].key), rounds));
            if (draw < logistic((dependence - f->setting->rent - p->concede_offset) / p->concede_noise)) {
                claims[i] = 0;
            } else {
                left += 1;
                action->leader = i;
            }
        }
        if (left == 0)
            action->leader = lot;
        if (left < 2)
            return LAUNCHED;
    }
    action->leader = NO_CARRIER;
    return CONTEST_FAILED;
}

/* Mean E of the members at a depth, times their number. */
static double joint_expectation(
    const Forum *f, const Minutes *is, const Idea *idea, int depth, int members, double gain)
{
    double total = 0.0;
    for (int i = 0; i < f->n; i++) {
        if (!is->support[i])
            continue;
        double close = 0.0;
        for (int j = 0; j < f->n; j++)
            if (is->support[j] && j != i)
                close += f->trust[i * f->n + j];
        close = close / (members - 1);
        double brings = 0.0;
        for (int o = 0; o < 4; o++) {
            if (f->rules->objectives == 0.0)
                brings += f->benefits[depth - 1][o];
            else
                brings += 4.0 * f->objectives[i][o] * f->benefits[depth - 1][o];
        }
        const double weight = f->domains
            * (f->setting->weight * f->shared[idea->domain]
               + (1.0 - f->setting->weight) * f->salience[i * f->domains + idea->domain]);
        total += close * weight * gain * brings * f->people[i].belief - f->people[i].burden * depth;
    }
    return total;
}

/* Steps 6 and 7: quarrels over a tight purse, then the launch at the depth of the largest mean E. */
static int settle_purse(const Forum *f, Minutes *is, int at, Action *action)
{
    const Rules *p = f->rules;
    const Idea *idea = &f->ideas[at];
    const uint64_t key = fold(fold(f->setting->key, f->number), 7 + at);
    int members = 0;
    for (int i = 0; i < f->n; i++)
        members += is->support[i];
    if (members < 2)
        return LOST;
    const Purse purse = purse_of(f, is->support);
    double tightness = 1.0;
    if (purse.cash > 0.0 && purse.time > 0.0 && p->phi > 0.0)
        tightness =
            least_of(1.0, most_of(idea->cost / (p->phi * purse.cash), idea->effort / (p->phi * purse.time)));
    action->tightness = tightness;
    bool paid = false;
    for (int q = 0; q < (int)p->contest_max; q++) {
        if (uniform(fold(fold(key, QUARREL), q)) >= p->rivalry * tightness) {
            paid = true;
            break;
        }
        action->quarrels += 1;
        action->months += 1;
        action->trust_lost += lose_trust(f, is->support, p->eta_c);
    }
    if (!paid)
        return PURSE_FAILED;
    const double mean_trust = mean_pair_trust(f, is->support);
    if (mean_trust < p->tau_base)
        return LOST;
    bool each = true;
    for (int i = 0; i < f->n; i++)
        if (is->support[i] && (f->people[i].capabilities & idea->capabilities) == 0)
            each = false;
    const int required = count_bits(idea->capabilities);
    const int covered = count_bits(idea->capabilities & purse.capabilities);
    const int deep = deepest(covered, each, required, purse.capabilities);
    const double scale = least_of(1.0, least_of(purse.cash / idea->cost, purse.time / idea->effort));
    if (scale <= 0.0)
        return LOST;
    const double gain = power(p->p_miss, required - covered) * idea->value * power(scale, p->gamma);
    int best = 0;
    double most = 0.0;
    for (int y = 1; y <= deep && mean_trust >= p->tau_base + (y - 1) * p->tau_step; y++) {
        const double total = joint_expectation(f, is, idea, y, members, gain);
        if (best == 0 || total > most) {
            best = y;
            most = total;
        }
    }
    action->depth = best;
    action->scale = scale;
    action->aboard = members;
    for (int i = 0; i < f->n; i++) {
        if (!is->support[i])
            continue;
        Participant *one = &f->people[i];
        one->cash = most_of(0.0, one->cash - idea->cost * scale * one->cash / purse.cash);
        one->time = most_of(0.0, one->time - idea->effort * scale * one->time / purse.time);
        one->free -= 1;
        if (i == action->leader)
            one->led = 1;
    }
    return LAUNCHED;
}

/* What is feasible for those present, what each makes of it, and what each supports. */
static void open_agenda(const Forum *f, Minutes *is, Action *action)
{
    const Rules *p = f->rules;
    for (int i = 0; i < f->n; i++) {
        is->here[i] = f->people[i].free > 0;
        is->outside[i] = 0.0;
        is->favourite[i] = -1;
    }
    const Purse purse = purse_of(f, is->here);
    for (int m = 0; m < f->library; m++) {
        is->on_agenda[m] = f->ideas[m].cost > 0.0 && !is->done[m] && affordable(&f->ideas[m], purse, p->phi);
        action->feasible += is->on_agenda[m];
    }
    if (action->feasible == 0)
        return;
    for (int i = 0; i < f->n; i++) {
        if (!is->here[i])
            continue;
        const Participant *one = &f->people[i];
        const Purse own = {one->cash, one->time, one->capabilities};
        bool able = false;
        for (int m = 0; m < f->library; m++) {
            const Idea *idea = &f->ideas[m];
            if (idea->cost <= 0.0)
                continue;
            const double weight = f->domains
                * (f->setting->weight * f->shared[idea->domain]
                   + (1.0 - f->setting->weight) * f->salience[i * f->domains + idea->domain]);
            const double plain = weight * idea->value;
            is->plain[i * f->library + m] = plain;
            is->worth[i * f->library + m] = plain;
            if (able_to_lead(one, idea, p)) {
                is->worth[i * f->library + m] = plain + f->setting->rent * idea->value;
                able = able || is->on_agenda[m];
            }
            if (is->on_agenda[m] && (is->favourite[i] < 0 || is->worth[i * f->library + m] > is->worth[i * f->library + is->favourite[i]]))
                is->favourite[i] = m;
            if (p->outside_option > 0.0 && plain > is->outside[i] && affordable(idea, own, p->phi))
                is->outside[i] = plain;
        }
        action->able += able;
    }
}

/* Try to launch one idea that was agreed: its lead, then its purse. */
static void attempt(const Forum *f, Minutes *is, int at, int first_month, Action *action)
{
    action->idea = at;
    is->done[at] = 1;
    for (int i = 0; i < f->n; i++)
        is->support[i] = is->here[i] && is->favourite[i] == at && f->people[i].joins <= first_month
            && f->people[i].free > 0;
    int outcome = LOST;
    if (affordable(&f->ideas[at], purse_of(f, is->here), f->rules->phi)) {
        outcome = settle_lead(f, is, at, action);
        if (outcome == LAUNCHED) {
            action->reached = 3;
            if (action->leader >= 0)
                is->support[action->leader] = 1;
            outcome = settle_purse(f, is, at, action);
        }
    }
    action->outcome = outcome;
    action->supporters = 0;
    for (int i = 0; i < f->n; i++)
        action->supporters |= (uint64_t)is->support[i] << i;
    if (outcome == LAUNCHED)
        action->reached = 4;
}

/* One forum; returns how many of the actions are filled. */
static int deliberate(Forum *f, Minutes *is, Action *actions, int room)
{
    int filled = 0;
    int launched = 0;
    bool failed = false;
    memset(is->done, 0, (size_t)f->library);
    for (f->number = 0; !failed && launched < f->setting->actions && filled < room; f->number++) {
        Action *action = &actions[filled++];
        action->leader = NO_CARRIER;
        action->idea = -1;
        action->outcome = INFEASIBLE;
        open_agenda(f, is, action);
        if (action->feasible == 0)
            break;
        action->reached = 1;
        const int feasible = action->feasible;
        const bool agreed = seek_agreement(f, is, action);
        action->months = action->meetings;
        if (!agreed) {
            action->outcome = NO_AGREEMENT;
            break;
        }
        action->reached = 2;
        const int first_month = action->meetings;
        for (int k = 0; k < MOST_ACTIONS && is->package[k] >= 0; k++) {
            if (k > 0) {
                if (filled >= room)
                    break;
                action = &actions[filled++];
                action->feasible = feasible;
                action->meetings = first_month;
                action->months = first_month;
                action->reached = 2;
                action->leader = NO_CARRIER;
            }
            attempt(f, is, is->package[k], first_month, action);
            if (action->outcome == LAUNCHED)
                launched += 1;
            else
                failed = true;
        }
    }
    return filled;
}

/* Forums low to high - 1, each with its own participants, ideas and setting; writes outcomes. -1 where one is too large. */
EXPORT int64_t deliberate_many(
    Participant *participants, int64_t people, const double *salience, int64_t domains, const double *shared,
    const double (*objectives)[4], const double (*benefits)[4], double *trust, const Idea *ideas, int64_t library,
    const Rules *rules, const Setting *settings, Action *outcomes, int64_t low, int64_t high)
{
    Minutes is;
    if (people > MOST_PEOPLE || library > MOST_IDEAS)
        return -1;
    for (int64_t f = low; f < high; f++) {
        Action actions[MOST_ACTIONS];
        Forum forum = {
            .n = (int)people,
            .library = (int)library,
            .domains = (int)domains,
            .people = participants + f * people,
            .salience = salience + f * people * domains,
            .shared = shared + f * domains,
            .objectives = objectives + f * people,
            .benefits = benefits,
            .trust = trust + f * people * people,
            .ideas = ideas + f * library,
            .rules = rules,
            .setting = &settings[f],
        };
        memset(actions, 0, sizeof actions);
        deliberate(&forum, &is, actions, MOST_ACTIONS);
        outcomes[f] = actions[0];
    }
    return 0;
}
