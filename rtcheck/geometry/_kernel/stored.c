/* Stored whole numbers -> doses in single precision, with their extremes (twin of dicom/rtdose.py). */
#include <string.h>

#include "kernel.h"

/* Rounded twice, as numpy does it: product in double precision, then to single. `extremes` are lowest and highest. */
#define SCALE(NAME, TYPE)                                                                                   \
    WIDE static void NAME(const char *stored, size_t count, double scaling, float *scaled, int64_t *extremes) { \
        TYPE number, lowest, highest;                                                                       \
        memcpy(&number, stored, sizeof number);                                                             \
        lowest = highest = number;                                                                          \
        for (size_t k = 0; k < count; k++) {                                                               \
            memcpy(&number, stored + k * sizeof number, sizeof number); /* it may lie anywhere in a file */  \
            lowest = number < lowest ? number : lowest;                                                     \
            highest = number > highest ? number : highest;                                                  \
            scaled[k] = (float)((double)number * scaling);                                                  \
        }                                                                                                   \
        extremes[0] = lowest;                                                                               \
        extremes[1] = highest;                                                                              \
    }

SCALE(scale_uint16, uint16_t)
SCALE(scale_int16, int16_t)
SCALE(scale_uint32, uint32_t)
SCALE(scale_int32, int32_t)

/* `count` numbers (at least one) of 16 or 32 bits, as this machine orders their bytes. -1 for other sizes.
 *
 * Signed numbers are quicker to convert; doses seldom use the highest bit. */
int64_t rt_scaled(const void *stored, int64_t count, int bits, int is_signed, double scaling, float *scaled,
                  int64_t *extremes) {
    if (count < 1 || (bits != 16 && bits != 32)) return -1;
    (bits == 16 ? scale_int16 : scale_int32)(stored, (size_t)count, scaling, scaled, extremes);
    if (!is_signed && extremes[0] < 0)
        (bits == 16 ? scale_uint16 : scale_uint32)(stored, (size_t)count, scaling, scaled, extremes);
    return 0;
}
