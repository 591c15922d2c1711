/* Decimal strings -> numbers, bit for bit as Python's float() (twin of dicom/encoding/decimals.py). */
#include "kernel.h"

#define MOST_DIGITS 15     /* an integer of so many is exact in double precision, and so is the power of ten below */
#define MOST_CHARACTERS 16 /* of a DICOM decimal string, PS3.5 table 6.2-1 */

static const double POWER_OF_TEN[MOST_DIGITS + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* The plain decimal that begins at text[at], and where it ends: at a backslash or at `length`. -1 where it is not one. */
static inline int64_t decimal_at(const uint8_t *text, int64_t at, int64_t length, double *number) {
    int64_t start = at, magnitude = 0;
    int is_negative = 0, digits = 0, decimals = 0, points = 0;
    if (at < length && (text[at] == '-' || text[at] == '+')) is_negative = text[at++] == '-';
    for (; at < length && text[at] != '\\'; at++) {
        unsigned digit = (unsigned)text[at] - '0';
        if (digit < 10) {
            if (++digits > MOST_DIGITS) return -1;
            magnitude = magnitude * 10 + digit;
            decimals += points;
        } else if (text[at] == '.' && !points) {
            points = 1;
        } else {
            return -1;
        }
    }
    if (!digits || at - start > MOST_CHARACTERS) return -1;
    double size = (double)magnitude / POWER_OF_TEN[decimals];
    *number = is_negative ? -size : size;
    return at;
}

/* Whether a text is one plain decimal, and which. */
int rt_decimal(const uint8_t *text, int64_t length, double *number) {
    return decimal_at(text, 0, length, number) == length;
}

/* The numbers of one backslash-separated text without padding; their count, or -1 where one of them is not a plain
 * decimal or there are more than `most_numbers`. */
int64_t rt_decimals_of(const uint8_t *text, int64_t length, int64_t most_numbers, double *numbers) {
    for (int64_t at = 0, count = 0; count < most_numbers; at++) {
        at = decimal_at(text, at, length, numbers + count++);
        if (at < 0) return -1;
        if (at == length) return count;
    }
    return -1;
}

/* The numbers of `texts` texts that lie at buffer[start[k]:end[k]], padding at their ends ignored. `counts` (texts,)
 * receives how many each has, -1 for one that is not plain (and empty ones: they have none). `numbers` must have room
 * for (characters / 2 + texts). Returns the number of numbers. */
int64_t rt_decimals(const uint8_t *buffer, int64_t texts, const int64_t *start, const int64_t *end,
                           double *numbers, int64_t *counts) {
    int64_t total = 0;
    for (int64_t k = 0; k < texts; k++) {
        int64_t first = start[k], last = end[k];
        while (last > first && (buffer[last - 1] == 0 || buffer[last - 1] == ' ')) last--;
        while (first < last && (buffer[first] == 0 || buffer[first] == ' ')) first++;
        counts[k] = last > first ? rt_decimals_of(buffer + first, last - first, last - first, numbers + total) : 0;
        if (counts[k] > 0) total += counts[k];
    }
    return total;
}
