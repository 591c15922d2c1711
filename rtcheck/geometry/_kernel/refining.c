/* A dose on a finer grid, cubic between its nodes: slopes at the nodes, limited at edges, and the doses between. All in
 * single precision, as doses are stored. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define STEEPEST 3.0f

/* The slope at a node that has two neighbours on either side. `step`, `share` and `even` are of the node two before it. */
static inline float limited_slope(float a, float b, float c, float d, float e, const float *step, const float *share,
                                  int is_even) {
    float r0 = (b - a) / step[0], r1 = (c - b) / step[1], r2 = (d - c) / step[2], r3 = (e - d) / step[3];
    float before = r1 * share[0] + r0 * (1 - share[0]);
    float slope = r2 * share[1] + r1 * (1 - share[1]);
    float after = r3 * share[2] + r2 * (1 - share[2]);
    float third = ((after - slope) - (slope - before)) / 6.0f;
    slope = slope - (is_even ? third : 0.0f);
    float bend0 = r1 - r0, bend1 = r2 - r1, bend2 = r3 - r2;
    float small = fabsf(r1) < fabsf(r2) ? fabsf(r1) : fabsf(r2);
    float most = STEEPEST * (r1 * r2 > 0 ? small : 0.0f);
    float limited = slope < -most ? -most : slope > most ? most : slope;
    int is_smooth = ((bend0 > 0) & (bend1 > 0) & (bend2 > 0)) | ((bend0 < 0) & (bend1 < 0) & (bend2 < 0));
    return is_smooth ? slope : limited;
}

/* The slope at a node that has one neighbour on either side, of which more is not known. */
static inline float plain_slope(float a, float b, float c, const float *step, float share) {
    return (c - b) / step[1] * share + (b - a) / step[0] * (1 - share);
}

/* The slopes at node `k` of `n` for `count` lines of nodes side by side, whose nodes follow at a distance of `stride`. */
WIDE static void slopes_at(const float *values, int64_t stride, int64_t count, const RefinedAxis *axis, int64_t k,
                      float *restrict slopes) {
    const float *step = axis->step, *share = axis->share, *at = values + k * stride;
    int64_t n = axis->nodes;
    if (n == 2) {
        for (int64_t i = 0; i < count; i++) slopes[i] = (values[stride + i] - values[i]) / step[0];
    } else if (k == 0) {
        for (int64_t i = 0; i < count; i++)
            slopes[i] = 2 * ((at[stride + i] - at[i]) / step[0]) -
                        plain_slope(at[i], at[stride + i], at[2 * stride + i], step, share[0]);
    } else if (k == n - 1) {
        for (int64_t i = 0; i < count; i++)
            slopes[i] = 2 * ((at[i] - at[i - stride]) / step[n - 2]) -
                        plain_slope(at[i - 2 * stride], at[i - stride], at[i], step + n - 3, share[n - 3]);
    } else if (k == 1 || k == n - 2) {
        for (int64_t i = 0; i < count; i++)
            slopes[i] = plain_slope(at[i - stride], at[i], at[stride + i], step + k - 1, share[k - 1]);
    } else {
        int is_even = axis->even[k - 2] > 0;
        for (int64_t i = 0; i < count; i++)
            slopes[i] = limited_slope(at[i - 2 * stride], at[i - stride], at[i], at[i + stride], at[i + 2 * stride],
                                      step + k - 2, share + k - 2, is_even);
    }
}

/* The slopes at all nodes of one line. */
static inline void slopes_along(const float *values, const RefinedAxis *axis, float *restrict slopes) {
    int64_t n = axis->nodes;
    for (int64_t k = 0; k < n; k++) {
        if (k == 2 && n > 4) k = n - 2; /* those between follow */
        slopes_at(values, 1, 1, axis, k, slopes + k);
    }
    for (int64_t k = 2; k < n - 2; k++)
        slopes[k] = limited_slope(values[k - 2], values[k - 1], values[k], values[k + 1], values[k + 2],
                                  axis->step + k - 2, axis->share + k - 2, axis->even[k - 2] > 0);
}

/* Between two nodes, by the share of the high one and the weights of the slopes: from the low one, so that a dose that
 * does not change stays what it is. */
static inline float between(float low, float high, float low_slope, float high_slope, float w0, float w1, float w2) {
    return low + (w0 * (high - low) + (w1 * low_slope + w2 * high_slope));
}

/* The doses between the nodes of the cells `first` to `last` of a line. */
static inline void fill_cells(const float *values, const float *slopes, const RefinedAxis *axis, int64_t first,
                              int64_t last, int64_t parts, float *restrict fine) {
    const float *w = axis->weights;
    int64_t m = axis->fine_nodes;
    for (int64_t cell = first; cell <= last; cell++)
        for (int64_t p = 0; p < parts; p++) {
            int64_t j = cell * parts + p;
            float found = between(values[cell], values[cell + 1], slopes[cell], slopes[cell + 1], w[j], w[m + j],
                                  w[2 * m + j]);
            fine[j] = found > 0 ? found : 0;
        }
}

/* A line on its finer nodes, of which only those that are wanted are written. `room` is for all of them. */
WIDE static void refine_line(const float *values, const RefinedAxis *axis, float *slopes, float *room, float *fine) {
    int64_t parts = axis->parts, first = axis->first / parts;
    int64_t last = least((axis->first + axis->count - 1) / parts, axis->nodes - 2);
    slopes_along(values, axis, slopes);
    switch (parts) { /* so that the compiler knows how many */
    case 1: fill_cells(values, slopes, axis, first, last, 1, room); break;
    case 2: fill_cells(values, slopes, axis, first, last, 2, room); break;
    case 4: fill_cells(values, slopes, axis, first, last, 4, room); break;
    case 8: fill_cells(values, slopes, axis, first, last, 8, room); break;
    default: fill_cells(values, slopes, axis, first, last, parts, room);
    }
    float end = values[axis->nodes - 1];
    room[axis->fine_nodes - 1] = end > 0 ? end : 0;
    memcpy(fine, room + axis->first, (size_t)axis->count * sizeof(float));
}

/* Slopes at both nodes of the cell that was asked for last, of many lines side by side. */
typedef struct {
    int64_t cell;
    float *low, *high;
} CellSlopes;

/* The values at finer node `j` of many lines side by side. */
WIDE static void refine_across(const float *values, int64_t count, const RefinedAxis *axis, int64_t j, CellSlopes *slopes,
                          float *restrict fine) {
    int64_t cell = j / axis->parts, m = axis->fine_nodes;
    if (j == m - 1) {
        memcpy(fine, values + (axis->nodes - 1) * count, (size_t)count * sizeof(float));
        return;
    }
    if (cell != slopes->cell) {
        if (slopes->cell >= 0 && cell == slopes->cell + 1) {
            float *free_one = slopes->low;
            slopes->low = slopes->high, slopes->high = free_one;
        } else {
            slopes_at(values, count, count, axis, cell, slopes->low);
        }
        slopes_at(values, count, count, axis, cell + 1, slopes->high);
        slopes->cell = cell;
    }
    const float *low = values + cell * count, *high = low + count, *w = axis->weights + j;
    float w0 = w[0], w1 = w[m], w2 = w[2 * m];
    for (int64_t i = 0; i < count; i++)
        fine[i] = between(low[i], high[i], slopes->low[i], slopes->high[i], w0, w1, w2);
}

/* `dose` (z, y, x) on the finer nodes that are wanted of each axis, never negative. Every axis has two nodes or more. */
int64_t rt_refine(const float *dose, const RefinedAxis *axes, float *fine) {
    const RefinedAxis *z = axes, *y = axes + 1, *x = axes + 2;
    int64_t area = y->nodes * x->nodes, width = x->nodes;
    float *room = malloc((size_t)(3 * area + 4 * width + x->fine_nodes) * sizeof(float));
    if (!room) return NO_MEMORY;
    float *plane = room, *line = plane + 3 * area, *slopes = line + 3 * width, *of_line = slopes + width;
    CellSlopes along_z = {-1, plane + area, plane + 2 * area};
    for (int64_t k = 0; k < z->count; k++) {
        refine_across(dose, area, z, z->first + k, &along_z, plane);
        CellSlopes along_y = {-1, line + width, line + 2 * width};
        for (int64_t j = 0; j < y->count; j++, fine += x->count) {
            refine_across(plane, width, y, y->first + j, &along_y, line);
            refine_line(line, x, slopes, of_line, fine);
        }
    }
    free(room);
    return 0;
}
