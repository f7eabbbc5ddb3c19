/* Elementary functions of src/alliancesim/kernels/numeric.py, bit for bit: the C library's differ between platforms. */
#ifndef NUMERIC_H
#define NUMERIC_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "keyed.h"

static inline double least_of(double a, double b) { return b < a ? b : a; }
static inline double most_of(double a, double b) { return b > a ? b : a; }

/* 2 ** k for -1022 <= k <= 1023. */
static inline double power_of_two(int64_t k)
{
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

static inline double exponential(double x)
{
    if (x > 709.0)
        return INFINITY;
    if (x < -708.0)
        return 0.0;
    const double k = floor(x * 1.44269504088896338700e00 + 0.5);
    const double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    return p * power_of_two((int64_t)k); /* never subnormal in these bounds, so as exact as ldexp */
}

static inline double logarithm(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int e = (int)(bits >> 52) - 1022;
    double m;
    if (e > -1022) { /* normal: the exponent is read off */
        bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FE0000000000000u;
        memcpy(&m, &bits, sizeof m);
    } else {
        m = frexp(x, &e);
    }
    if (m < 0.7071067811865476) {
        m = m * 2.0;
        e = e - 1;
    }
    const double s = (m - 1.0) / (m + 1.0);
    const double z = s * s;
    double p = 1.0 / 23.0;
    p = p * z + 1.0 / 21.0;
    p = p * z + 1.0 / 19.0;
    p = p * z + 1.0 / 17.0;
    p = p * z + 1.0 / 15.0;
    p = p * z + 1.0 / 13.0;
    p = p * z + 1.0 / 11.0;
    p = p * z + 1.0 / 9.0;
    p = p * z + 1.0 / 7.0;
    p = p * z + 1.0 / 5.0;
    p = p * z + 1.0 / 3.0;
    p = p * z + 1.0;
    return 2.0 * s * p + e * 1.90821492927058770002e-10 + e * 6.93147180369123816490e-01;
}

static inline double power(double x, double y)
{
    if (y == 0.0)
        return 1.0;
    if (y == 1.0)
        return x;
    if (x <= 0.0)
        return 0.0;
    return exponential(y * logarithm(x));
}

static inline double logistic(double x) { return 1.0 / (1.0 + exponential(-x)); }

/* Poisson variate whose chance of 0, none, is known. */
static inline int64_t poisson_from(double rate, double none, uint64_t key)
{
    const double u = uniform(key);
    double p = none;
    double cumulated = p;
    int64_t n = 0;
    while (u >= cumulated && n < 1000) {
        n += 1;
        p = p * rate / (double)n;
        cumulated += p;
        if (p == 0.0)
            break;
    }
    return n;
}

static inline int64_t poisson(double rate, uint64_t key)
{
    if (uniform(key) < 1.0 - rate - 1e-12)
        return 0;
    return poisson_from(rate, exponential(-rate), key);
}

#endif
