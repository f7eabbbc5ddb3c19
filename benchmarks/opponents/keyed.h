/* Keyed randomness: the functions of src/alliancesim/kernels/keyed.py, bit for bit. */
#ifndef KEYED_H
#define KEYED_H

#include <stdint.h>

static inline uint64_t mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Key of a below key. */
static inline uint64_t fold(uint64_t key, uint64_t a)
{
    return mix64(key + (a + 1) * 0x9E3779B97F4A7C15u);
}

/* Key of one decision in one month. */
static inline uint64_t stream_key(uint64_t seed, uint64_t stream, uint64_t month)
{
    return fold(fold(fold(0, seed), stream), month);
}

/* Key of an unordered pair of identities. */
static inline uint64_t pair_key(uint64_t key, uint64_t a, uint64_t b)
{
    return a < b ? fold(fold(key, a), b) : fold(fold(key, b), a);
}

/* Uniform on [0, 1) with 53 bits. */
static inline double uniform(uint64_t key)
{
    return (double)(int64_t)(key >> 11) * (1.0 / 9007199254740992.0);
}

#endif
