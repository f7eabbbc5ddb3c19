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
    const double r2 = r * r;
    const double r4 = r2 * r2;
    const double r8 = r4 * r4;
    const double a = (1.0 + r) + (0.5 + r * (1.0 / 6.0)) * r2;
    const double b = (1.0 / 24.0 + r * (1.0 / 120.0)) + (1.0 / 720.0 + r * (1.0 / 5040.0)) * r2;
    const double c = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + (1.0 / 3628800.0 + r * (1.0 / 39916800.0)) * r2;
    const double d = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0);
    return (a + b * r4 + (c + d * r4) * r8) * power_of_two((int64_t)k);
}

/* Of a normal x > 0. */
static inline double logarithm(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int e = (int)(bits >> 52 & 0x7FF) - 1022;
    bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FE0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m < 0.7071067811865476) {
        m = m * 2.0;
        e = e - 1;
    }
    const double s = (m - 1.0) / (m + 1.0);
    const double z = s * s;
    const double z2 = z * z;
    const double z4 = z2 * z2;
    const double a = (1.0 + z * (1.0 / 3.0)) + (1.0 / 5.0 + z * (1.0 / 7.0)) * z2;
    const double b = (1.0 / 9.0 + z * (1.0 / 11.0)) + (1.0 / 13.0 + z * (1.0 / 15.0)) * z2;
    const double c = (1.0 / 17.0 + z * (1.0 / 19.0)) + (1.0 / 21.0 + z * (1.0 / 23.0)) * z2;
    return 2.0 * s * (a + (b + c * z4) * z4) + e * 1.90821492927058770002e-10 + e * 6.93147180369123816490e-01;
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

#endif
