"""The phases of a month, each as its paragraph in the specification (section 3)."""

from __future__ import annotations

import math
from bisect import bisect_right

from .closure import partner_of_partner
from .demography import renew_population
from .forum import convene
from .funding_mode import change_initiative, lead_chance, value
from .library import relieve_with_inhabitants
from .numbers import exp, fold, kept, logistic, lognormal, pair, points, power, single, uniform
from .replication import bring_solutions, may_propose
from .shocks import strike_needs, strike_slack
from .supply_links import exposures
from .world import INSTITUTIONAL, Alliance, Idea, Member, Organisation, World, bits, deepest

DIALOGUE, EXPERIMENT, DEPLOYED, ENDED = "dialogue", "experiment", "deployed", "ended"


def step(world: World) -> None:
    """One month, in order."""
    world.month += 1
    for phase in (
        renew_means, raise_awareness, meet, convene, propose, execute, learn, renew_or_exit, renew_population, identify
    ):  # fmt: skip
        phase(world)


def renew_means(world: World) -> None:
    """cash <- R_fin * own level * (1 - s_R) ** year, time likewise; needs follow (1 + s_N) ** year, and what alliances relieved
    comes back at ``rebound`` a year; libraries are renewed. Each January, and in the first month."""
    p = world.p
    strike_needs(world)
    january = (world.month - world.burn_in) % 12 == 0 or world.month == 0
    if not january:
        strike_slack(world, january)
        return
    year = float(max(0, world.year))
    fall, trend = power(1.0 - p.s_r, year), power(1.0 + p.s_n, year)
    for one in world.organisations:
        one.cash, one.time = p.r_fin * fall * one.cash_own, p.r_hum * fall * one.time_own
    strike_slack(world, january)
    for cell in world.cells:
        for d in range(world.domains):
            cell.relief[d] *= 1.0 if world.month == 0 else 1.0 - p.rebound
            cell.need[d] = max(0.0, cell.base[d] * trend - cell.relief[d])
    for perimeter in world.perimeters:
        for d in range(world.domains):
            mean_need(perimeter, d)
        draw_library(world, perimeter)
    bring_solutions(world)


def mean_need(perimeter, d: int) -> None:
    """Need of the mean inhabitant of a perimeter."""
    total = people = 0.0
    for cell in perimeter.cells:
        total += cell.population * cell.need[d]
        people += cell.population
    perimeter.need[d] = total / people if people > 0.0 else 0.0


def draw_library(world: World, perimeter) -> None:
    """Domain in proportion to needs (no needs: no ideas); 2-4 capabilities uniformly; cost = cost_scale * (mean slack of the
    perimeter / reference) ** e * lognormal, effort likewise; value = (cost before e / its mean) ** gamma * need level."""
    p = world.p
    perimeter.library = []
    needs = 0.0
    for need in perimeter.need:
        needs += need
    cash = time = heads = 0.0
    for one in perimeter.people:
        cash += one.weight * one.cash
        time += one.weight * one.time
        heads += one.weight
    if needs <= 0.0 or heads <= 0.0:
        return
    cash, time = cash / heads, time / heads
    keys = {
        name: fold(world.stream(f"idea_{name}", world.year + 1_000), perimeter.key)
        for name in ("domain", "capabilities", "cost", "effort")
    }
    for m in range(int(p.library_size)):
        target = uniform(fold(keys["domain"], m)) * needs
        domain = world.domains - 1
        for d, need in enumerate(perimeter.need):
            target -= need
            if target < 0.0:
                domain = d
                break
        key = fold(keys["capabilities"], m)
        urn, capabilities = list(range(6)), 0
        for b in range(2 + int(3.0 * uniform(fold(key, 0)))):
            at = b + int((6 - b) * uniform(fold(key, 1 + b)))
            urn[b], urn[at] = urn[at], urn[b]
            capabilities |= 1 << urn[b]
        spread = lognormal(p.cost_sigma, fold(keys["cost"], m))
        perimeter.library.append(
            Idea(
                number=m,
                domain=domain,
                capabilities=capabilities,
                cost=p.cost_scale * power(cash, p.ambition_elasticity) * spread,
                effort=p.cost_scale
                * power(time, p.ambition_elasticity)
                * lognormal(p.cost_sigma, fold(keys["effort"], m)),
                value=power(spread, p.gamma) * perimeter.need[domain],
            )
        )


def raise_awareness(world: World) -> None:
    """P(naive -> willing) = 1 - (1 - p_aware) ** exposures * (1 - q_peer) ** testimonies. An organisation hears Poisson(h) peers of
    its sphere within d0; each testifies with the share that ever finished an experiment, of a failure with failed / finished.
    What it hears updates its belief, whose counts fade."""
    p = world.p
    by_clients = exposures(world)
    for one in world.organisations:
        one.successes = single((1.0 - p.belief_fade) * one.successes)
        one.failures = single((1.0 - p.belief_fade) * one.failures)
        further = one.pending + by_clients.get(one, 0.0)
        if one.stage == 0 and further > 0:
            stays = power(1.0 - p.p_aware, float(further))
            turn_willing(world, one, uniform(fold(world.stream("aware"), one.key)) < 1.0 - stays)
        one.pending = 0
    for cell in world.cells:
        line = fold(world.stream("background"), cell.key)
        for at, _, _ in points(line, float(cell.high - cell.low), p.background_exposures * p.p_aware):
            turn_willing(world, world.organisations[cell.low + int(at)], True)
    for cell in world.cells:
        for sphere, low, high in (
            (0, cell.low, cell.firms),
            (1, cell.firms, cell.collectivities),
            (2, cell.collectivities, cell.high),
        ):
            n, f = world.peers[cell.square][sphere], world.finished[cell.square][sphere]
            e, x = world.experiments[cell.square][sphere], world.failed[cell.square][sphere]
            if f <= 0.0 or e <= 0.0 or n <= 0.0:
                continue
            rate = p.peers_heard * min(1.0, f / n)
            good, bad = rate * (1.0 - x / e), rate * (x / e) * p.failures_told
            line = fold(world.stream("hear"), cell.key, sphere)
            for at, level, point in points(line, float(high - low), good + bad):
                one = world.organisations[low + int(at)]
                if level < good:
                    one.successes = single(one.successes + 1.0)
                else:
                    one.failures = single(one.failures + 1.0)
                world.seen["success heard" if level < good else "failure heard"] += 1
                turn_willing(world, one, uniform(fold(point, 1)) < p.q_peer)


def turn_willing(world: World, one: Organisation, takes_effect: bool) -> None:
    """An exposure or a testimony that takes effect makes a naive organisation willing."""
    if one.stage == 0 and takes_effect:
        one.stage = 1
        world.seen["turned willing"] += 1


def meet(world: World) -> None:
    """A willing or engaged organisation has Poisson(m) meetings; a partner is drawn by distance and size; across the border it
    happens with beta, between an institution and another with zeta ** deprived share. A meeting raises mutual openness by
    contact_gain * (1 - openness), lifts the tie to at least the base trust, and exposes a naive organisation."""
    p = world.p
    for one in world.organisations:
        for s in range(3):
            if s != one.sphere:
                start = 1.0 - p.prejudice
                one.openness[s] = single(one.openness[s] + p.openness_decay * (start - one.openness[s]))
    met = {}
    for cell in world.cells:
        mass = world.mass[cell.low : cell.high]
        for at, _, point in points(fold(world.stream("meetings"), cell.key), mass[-1] if mass else 0.0, cell.meetings):
            i = world.organisations[cell.low + min(bisect_right(mass, at), len(mass) - 1)]
            if i.stage == 0 or (i.weight > 1.0 and uniform(fold(point, 3)) * i.weight >= 1.0):
                continue
            j = partner_of_partner(world, i, fold(point, 1))
            if j is None:
                j = draw_partner(world, i, fold(point, 2))
            if j is not None and happens(world, i, j):
                met.setdefault(pair(world.stream("priority"), i.key, j.key), (i, j))
    world.meetings = [met[priority] for priority in sorted(met)]
    for i, j in world.meetings:
        if i.sphere != j.sphere:
            for one, other in ((i, j), (j, i)):
                o = one.openness[other.sphere]
                one.openness[other.sphere] = single(o + p.contact_gain * (1.0 - o))
        for one in (i, j):
            one.pending += one.stage == 0
        tie = i.ties.get(j)
        trust = world.base_trust(i, j)
        if tie is not None:
            trust = max(trust, world.trust(i, j))
        world.keep_tie(i, j, trust, None if tie is not None and tie.last is None else world.month)


def draw_partner(world: World, i: Organisation, key: int) -> Organisation | None:
    """Weights exp(-distance / d0) * size, by blocks of squares, then exact acceptance."""
    origin = world.cells[i.cell]
    row = world.cumulated[origin.block]
    for attempt in range(200):
        k = fold(key, attempt)
        b = min(bisect_right(row, uniform(fold(k, 0)) * row[-1]), len(row) - 1)
        low, high = world.blocks[b], world.blocks[b + 1]
        at = min(bisect_right(world.part_mass, uniform(fold(k, 1)) * world.part_mass[high - 1], low, high), high - 1)
        part = world.cells[world.part_of_block[at]]
        if part.high <= part.low:
            continue
        aim = uniform(fold(k, 2)) * world.mass[part.high - 1]
        j = world.organisations[min(bisect_right(world.mass, aim, part.low, part.high), part.high - 1)]
        if j is i:
            continue
        (x, y), (v, w) = world.squares[origin.square], world.squares[part.square]
        distance = math.sqrt((x - v) * (x - v) + (y - w) * (y - w))
        if uniform(fold(k, 3)) < exp(-(distance - world.least(origin.block, b)) / world.p.d0):
            return j
    return None


def happens(world: World, i: Organisation, j: Organisation) -> bool:
    """Whether border and institutional distance let a meeting happen."""
    here, there = world.cells[i.cell], world.cells[j.cell]
    if here.side != there.side and uniform(pair(world.stream("border"), i.key, j.key)) >= world.p.beta:
        world.seen["lost at the border"] += 1
        return False
    if INSTITUTIONAL[i.kind] != INSTITUTIONAL[j.kind]:
        other = here if INSTITUTIONAL[j.kind] else there
        if uniform(pair(world.stream("distance"), i.key, j.key)) >= other.zeta:
            world.seen["lost to distance"] += 1
            return False
    return True


def expectation(world: World, i: Organisation, gain: float, domain: int, depth: int) -> float:
    """E_i(y) = trust * coverage * K salience * value * D_i(y) * belief - coordination cost * y * (1 + load / cap).

    ``gain`` holds trust * coverage * value.
    """
    weight = world.domains * i.salience[domain]
    return gain * weight * world.fit(i, depth) * world.belief(i) - world.burden(i) * depth


def propose(world: World) -> None:
    """Pairs that met, of different spheres, both willing or engaged, with free load, not already allied: the first proposer's best
    idea by its own E, at the depth of the largest joint E; both accept with logistic((E - theta) / T)."""
    p = world.p
    accepted = []
    for a, b in world.meetings:
        if a.sphere == b.sphere or a.stage == 0 or b.stage == 0 or not (a.free and b.free) or world.allied(a, b):
            continue
        i, j = first_proposer(world, a, b)
        trust = world.trust(i, j)
        library = world.perimeters[world.cells[i.cell].perimeter].library
        cash, time = i.cash + j.cash, i.time + j.time
        best = None
        for idea in library:
            if not may_propose(idea, [i, j]):
                world.seen["solution that others carry"] += 1
                continue
            scale = min(1.0, min(cash / idea.cost, time / idea.effort))
            if scale <= 0.0:
                continue
            missing = bits(idea.capabilities & ~(i.capabilities | j.capabilities))
            gain = trust * power(p.p_miss, float(missing)) * (idea.value * power(scale, p.gamma))
            deep = deepest(idea.capabilities, [i, j])
            for y in range(1, deep + 1):
                if trust < world.tau(y):
                    break
                e = expectation(world, i, gain, idea.domain, y)
                if best is None or e > best[0]:
                    best = (e, idea, gain, deep)
        if best is None:
            world.seen["no depth allowed"] += 1
            continue
        _, idea, gain, deep = best
        chosen = None
        for y in range(1, deep + 1):
            if trust < world.tau(y):
                break
            e_i, e_j = (expectation(world, one, gain, idea.domain, y) for one in (i, j))
            if chosen is None or e_i + e_j > chosen[0]:
                chosen = (e_i + e_j, y, e_i, e_j)
        _, depth, e_i, e_j = chosen
        key = pair(world.stream("accept"), i.key, j.key)
        if all(
            uniform(fold(key, one.key)) < logistic((e - p.theta) / p.temperature) for one, e in ((i, e_i), (j, e_j))
        ):
            accepted.append((i, j, idea, depth))
        else:
            world.seen["declined"] += 1
    for i, j, idea, depth in accepted:
        if world.month in (i.newest, j.newest):
            world.seen["second alliance in a month"] += 1
            continue
        i.newest = j.newest = world.month
        scale = min(1.0, min((i.cash + j.cash) / idea.cost, (i.time + j.time) / idea.effort))
        key = fold(world.stream("priority"), i.key, j.key)
        found(world, [i, j], i, idea, world.cells[i.cell].perimeter, scale, depth, 0, key, world.month)
        world.seen[f"depth {depth}"] += 1


def first_proposer(world: World, a: Organisation, b: Organisation) -> tuple[Organisation, Organisation]:
    """The association with probability ``association_leads``; a pair without one by keyed lot."""
    lot = uniform(pair(world.stream("proposer"), a.key, b.key))
    if 0 in (a.sphere, b.sphere):
        i, j = (a, b) if a.sphere == 0 else (b, a)
        return (i, j) if lot < lead_chance(world, i) else (j, i)
    i, j = (a, b) if a.key < b.key else (b, a)
    return (i, j) if lot < 0.5 else (j, i)


def found(world, people, leader, idea, perimeter, scale, depth, origin, key, start) -> Alliance:
    """A new alliance around an idea at a scale: cost * s, value * s ** gamma."""
    world.seen["repeats a solution"] += idea.number >= int(world.p.library_size)
    alliance = Alliance(
        key=key, leader=leader, perimeter=perimeter, idea=idea.number, domain=idea.domain, required=idea.capabilities,
        cost=idea.cost * scale, effort=idea.effort * scale, value=idea.value * power(scale, world.p.gamma), scale=scale,
        depth=depth, origin=origin, start=start, inhabitants=origin == 2 and world.p.inhabitants > 0.0,
    )  # fmt: skip
    for one in people:
        join(world, alliance, one)
    world.alliances.append(alliance)
    return alliance


def join(world: World, alliance: Alliance, one: Organisation) -> None:
    """A member: its pairs with members keep their trust or get ties at base trust, and do not fade."""
    for other in alliance.organisations():
        world.keep_tie(one, other, world.trust(one, other), None)
    alliance.members.append(Member(one, world.month))
    alliance.covered |= alliance.required & one.capabilities
    one.alliances.insert(0, alliance)
    one.stage, one.ever = 2, True


def active(world: World, stream: str) -> list[Alliance]:
    """Alliances that have not ended, by keyed priority."""
    key = world.stream(stream)
    return sorted((a for a in world.alliances if a.ended is None), key=lambda a: fold(key, a.key))


def execute(world: World) -> None:
    """After the dialogue, years from the launch: at each anniversary a success draw, then the next year's cost is pooled."""
    for alliance in active(world, "success"):
        alliance.result = None
        if alliance.stage == DIALOGUE:
            if world.month - alliance.start < world.p.dialogue_months:
                continue
            alliance.stage, alliance.launch = EXPERIMENT, world.month
        age = world.month - alliance.launch
        if age < 0 or age % 12:
            continue
        if age > 0:
            yearly_result(world, alliance)
        alliance.pooled = world.month
        pool(world, alliance)
    for (number, domain), amount in world.relieved.items():
        relieve(world, world.perimeters[number], domain, amount)
    world.relieved.clear()
    for alliance in active(world, "success"):
        if alliance.result and alliance.inhabitants:
            relieve_with_inhabitants(world, alliance)


def yearly_result(world: World, alliance: Alliance) -> None:
    """p_ok a covered and p_miss an uncovered capability, * (1 - k_str (1 - mean structuration)) * share paid. A success makes an
    experiment deployed; either is a finished experiment to testify of."""
    p = world.p
    required, covered = bits(alliance.required), bits(alliance.covered)
    mean = 0.0
    for one in alliance.organisations():
        mean += one.structuration
    chance = power(p.p_ok, float(covered)) * power(p.p_miss, float(required - covered))
    chance = chance * (1.0 - p.k_str * (1.0 - mean / len(alliance.members))) * alliance.paid
    alliance.result = uniform(fold(world.stream("success"), alliance.key)) < chance
    alliance.draws += 1
    if alliance.stage == EXPERIMENT:
        for one in alliance.organisations():
            square = world.cells[one.cell].square
            heard(world, world.experiments, square, one)
            if not alliance.result:
                heard(world, world.failed, square, one)
            if not one.finished:
                one.finished = True
                heard(world, world.finished, square, one)
    world.seen["success" if alliance.result else "failure"] += 1
    if alliance.result:
        alliance.successes += 1
        alliance.stage = DEPLOYED
        people = world.perimeters[alliance.perimeter].population
        if not alliance.inhabitants and people > 0.0:
            world.relieved[alliance.perimeter, alliance.domain] += p.relief * value(world, alliance) * 1000.0 / people
        share_benefits(world, alliance)


def heard(world: World, counts: list[list[float]], square: int, one: Organisation) -> None:
    """Count for all squares within d0."""
    x, y = world.squares[square]
    for (v, w), row in zip(world.squares, counts, strict=True):
        if (v - x) * (v - x) + (w - y) * (w - y) <= world.p.d0 * world.p.d0:
            row[one.sphere] += one.weight


def relieve(world: World, perimeter, domain: int, amount: float) -> None:
    """What this month's successes take off the need of a domain, relief * value * 1000 / inhabitants each, in all cells."""
    for cell in perimeter.cells:
        taken = min(amount, cell.need[domain])
        cell.need[domain] -= taken
        cell.relief[domain] += taken
    mean_need(perimeter, domain)


def share_benefits(world: World, alliance: Alliance) -> None:
    """By contribution (mean of one's shares of cash and of time), a firm's times its local anchoring."""
    cash = time = 0.0
    for member in alliance.members:
        cash += member.cash
        time += member.time
    for member in alliance.members:
        share = 0.0
        if cash > 0.0 and time > 0.0:
            share = 0.5 * member.cash / cash + 0.5 * member.time / time
        elif cash > 0.0:
            share = member.cash / cash
        elif time > 0.0:
            share = member.time / time
        if member.organisation.enterprise >= 0:
            share = share * world.anchoring[member.organisation.enterprise]
        member.benefit += value(world, alliance) * share
    alliance.benefit += value(world, alliance)


def year_cost(world: World, alliance: Alliance) -> float:
    """Cost of a year with the premium on each uncovered capability's share."""
    required = bits(alliance.required)
    return alliance.cost * (1.0 + world.p.premium * (required - bits(alliance.covered)) / required)


def share_paid(alliance: Alliance, wanted: float) -> float:
    """Share of a year that the pool pays for, the lesser of cash and time."""
    share = 1.0
    if wanted > 0.0:
        share = min(share, alliance.pool_cash / wanted)
    if alliance.effort > 0.0:
        share = min(share, alliance.pool_time / alliance.effort)
    return 1.0 if share > 1.0 - 1e-9 else share


def pool(world: World, alliance: Alliance) -> None:
    """A year's cost in proportion to slack; all there is where it is short."""
    wanted = year_cost(world, alliance)
    cash = time = 0.0
    for one in alliance.organisations():
        cash += one.cash
        time += one.time
    of_cash = min(1.0, wanted / cash) if cash > 0.0 else 0.0
    of_time = min(1.0, alliance.effort / time) if time > 0.0 else 0.0
    alliance.pool_cash = alliance.pool_time = 0.0
    for member in alliance.members:
        one = member.organisation
        member.cash, member.time = one.cash * of_cash, one.time * of_time
        member.total_cash += member.cash
        member.total_time += member.time
        one.cash, one.time = max(0.0, one.cash - member.cash), max(0.0, one.time - member.time)
        alliance.pool_cash += member.cash
        alliance.pool_time += member.time
    alliance.paid = share_paid(alliance, wanted)
    world.seen["pool short"] += alliance.paid < 1.0
    alliance.spent_cash += alliance.pool_cash
    alliance.spent_time += alliance.pool_time


def learn(world: World) -> None:
    """trust += eta_plus (1 - trust) on success, -= eta_minus trust on failure; structuration += learning (1 - structuration) on
    success; openness toward the partner's sphere rises by contact_gain of what is missing, or falls by it of what there is."""
    p = world.p
    for alliance in active(world, "success"):
        if alliance.result is None:
            continue
        people = alliance.organisations()
        for n, i in enumerate(people):
            if alliance.result:
                i.structuration = single(i.structuration + p.learning * (1.0 - i.structuration))
            for j in people[n + 1 :]:
                if j in i.ties:
                    before = i.ties[j].trust
                    gain, loss = (p.eta_plus, 0.0) if alliance.result else (0.0, p.eta_minus)
                    i.ties[j].trust = kept(before + gain * (1.0 - before) - loss * before)
                if i.sphere != j.sphere:
                    for one, other in ((i, j), (j, i)):
                        o = one.openness[other.sphere]
                        change = p.contact_gain * (1.0 - o) if alliance.result else -(p.contact_gain * o)
                        one.openness[other.sphere] = single(o + change)
    change_initiative(world, active(world, "success"))


def renew_or_exit(world: World) -> None:
    """hazard0 * exp(-quality), quality = success rate (1/2 before the first draw) + mean trust; at each term renewal by
    logistic((success rate - 1/2 + (need - 1) / 2 + mean trust - mean base trust) / noise), and the depth is chosen again."""
    p = world.p
    for alliance in active(world, "exit"):
        if alliance.start > world.month:
            continue
        pairs = alliance.pairs()
        trust = base = 0.0
        for i, j in pairs:
            trust += world.trust(i, j)
            base += world.base_trust(i, j)
        trust, base = trust / len(pairs), base / len(pairs)
        rate = alliance.successes / alliance.draws if alliance.draws else 0.5
        if uniform(fold(world.stream("exit"), alliance.key)) < p.hazard0 * exp(-(rate + trust)):
            end(world, alliance, 1)
            continue
        age = world.month - alliance.launch if alliance.launch is not None else 0
        if age > 0 and age % int(p.term) == 0:
            need = world.perimeters[alliance.perimeter].need[alliance.domain]
            score = (rate - 0.5) + 0.5 * (need - 1.0) + (trust - base)
            if uniform(fold(world.stream("renew"), alliance.key)) >= logistic(score / p.renewal_noise):
                end(world, alliance, 2)
                continue
            before = alliance.depth
            alliance.depth = choose_depth(world, alliance, trust)
            world.seen["renewed"] += 1
            world.seen["depth changed"] += alliance.depth != before
        if age > 0 and age % 12 == 0:
            recruit(world, alliance)


def end(world: World, alliance: Alliance, cause: int) -> None:
    """The unspent rest of the year goes back; members are free, and back to willing after their last alliance."""
    if alliance.pooled is not None:
        rest = 1.0 - min(12, world.month - alliance.pooled) / 12.0
        if rest > 0.0:
            for member in alliance.members:
                member.organisation.cash += member.cash * rest
                member.organisation.time += member.time * rest
                member.total_cash -= member.cash * rest
                member.total_time -= member.time * rest
            alliance.spent_cash -= alliance.pool_cash * rest
            alliance.spent_time -= alliance.pool_time * rest
    for one in alliance.organisations():
        one.alliances.remove(alliance)
        if not one.alliances:
            one.stage = 1
    for i, j in alliance.pairs():
        if j in i.ties and not world.allied(i, j):
            i.ties[j].last = world.month
    alliance.ended, alliance.stage, alliance.cause = world.month, ENDED, cause
    world.seen[f"ended by {('hazard', 'term', 'a closing')[cause - 1]}"] += 1


def alliance_expectation(
    world: World, alliance: Alliance, i: Organisation, trust: float, covered: int, depth: int
) -> float:
    """E of the alliance's project for a member, or for one who may join."""
    gain = trust * power(world.p.p_miss, float(bits(alliance.required) - covered))
    weight = world.domains * i.salience[alliance.domain]
    return gain * weight * alliance.value * world.fit(i, depth) * world.belief(i) - world.burden(i) * depth


def choose_depth(world: World, alliance: Alliance, mean_trust: float) -> int:
    """Depth of the largest joint E among those that trust and capabilities allow."""
    people = alliance.organisations()
    best, most = 1, None
    for y in range(1, deepest(alliance.required, people) + 1):
        if y > 1 and mean_trust < world.tau(y):
            break
        joint = 0.0
        for i in people:
            trust = world.mean_trust(i, [j for j in people if j is not i])
            joint += alliance_expectation(world, alliance, i, trust, bits(alliance.covered), y)
        if most is None or joint > most:
            best, most = y, joint
    return best


def recruit(world: World, alliance: Alliance) -> None:
    """With probability ``recruit``, an alliance with an uncovered capability or a pool below its cost seeks one member among the
    ties of its members: the one that covers most of what is missing; it joins with logistic((E - theta) / T)."""
    p = world.p
    missing = alliance.required & ~alliance.covered
    wanted = year_cost(world, alliance)
    gaps = [wanted - alliance.pool_cash, alliance.effort - alliance.pool_time]
    short = [
        alliance.paid < 1.0 and gap > 1e-9 * full for gap, full in zip(gaps, (wanted, alliance.effort), strict=True)
    ]
    if not missing and not any(short):
        return
    if uniform(fold(world.stream("seek"), alliance.key)) >= p.recruit:
        return
    people = alliance.organisations()
    candidates = {j for i in people for j in i.ties if j.stage > 0 and j.free and j not in people}
    scored = []
    for j in candidates:
        filled = 0.0
        for gap, is_short, slack in zip(gaps, short, (j.cash, j.time), strict=True):
            if is_short:
                filled += min(1.0, slack / gap)
        score = float(bits(missing & j.capabilities))
        if any(short):
            score += filled / sum(short)
        if score > 0.0:
            scored.append((-score, -world.mean_trust(j, people), j.key, j))
    if not scored:
        return
    j = min(scored, key=lambda one: one[:3])[3]
    trust = world.mean_trust(j, people)
    covered = bits(alliance.covered | (alliance.required & j.capabilities))
    e = alliance_expectation(world, alliance, j, trust, covered, alliance.depth)
    if uniform(fold(world.stream("recruited"), alliance.key, j.key)) >= logistic((e - p.theta) / p.temperature):
        world.seen["recruit declines"] += 1
        return
    world.seen["recruited"] += 1
    join(world, alliance, j)
    wanted = year_cost(world, alliance)
    over = alliance.pool_cash - wanted
    if over > 0.0 and alliance.pool_cash > 0.0:
        share, returned = min(1.0, over / alliance.pool_cash), 0.0
        for member in alliance.members:
            back = member.cash * share
            member.cash -= back
            member.total_cash -= back
            member.organisation.cash += back
            returned += back
        alliance.pool_cash -= returned
        alliance.spent_cash -= returned
        world.seen["premium returned"] += 1
    member = alliance.members[-1]
    member.cash = min(j.cash, max(0.0, wanted - alliance.pool_cash))
    member.time = min(j.time, max(0.0, alliance.effort - alliance.pool_time))
    member.total_cash, member.total_time = member.cash, member.time
    j.cash -= member.cash
    j.time -= member.time
    alliance.pool_cash += member.cash
    alliance.pool_time += member.time
    alliance.spent_cash += member.cash
    alliance.spent_time += member.time
    alliance.paid = share_paid(alliance, wanted)


def identify(world: World) -> None:
    """An alliance becomes known with probability p_identify a month."""
    for alliance in world.alliances:
        if alliance.ended is None and alliance.identified is None:
            if uniform(fold(world.stream("identify"), alliance.key)) < world.p.p_identify:
                alliance.identified = world.month
                world.seen["identified"] += 1
