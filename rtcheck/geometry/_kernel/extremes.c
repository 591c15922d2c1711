/* The lowest and the highest dose in a cut outline (twin of dosimetry/extremes.py, with node_runs.py). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define NODES_AT_ONCE 200000
#define PIECES_AT_ONCE 2000

typedef struct {
    int64_t n, subdivision;
    const int64_t *slab, *row, *column;
    const double *u0, *v0, *u1, *v1;
    const uint8_t *is_clamped;
    const int64_t *order, *starts; /* by slab: order[starts[s] .. starts[s + 1]]; no order: as they are */
} Outline;

static inline int64_t piece_at(const Outline *outline, int64_t i) { return outline->order ? outline->order[i] : i; }

typedef struct {
    int64_t rows, columns;
    const Doses *doses;
    const double *x, *y;
} Grid;

/* The z levels of every slab: its two faces and the dose planes between (twin of levels_of). */
typedef struct {
    int64_t *starts, *plane; /* (slabs + 1,), (levels,) */
    double *z, *share;
} Levels;

typedef struct {
    int is_found;
    double dose, x, y, z;
} Peak;

typedef struct {
    float bound;
    int64_t piece;
} Promise;

/* Room for the levels of some slabs; 0 where there is none. */
static int reserve_levels(int64_t slabs, const double *low, const double *high, const Axes *axes, Levels *levels) {
    int64_t total = 0;
    levels->starts = malloc((size_t)(slabs + 1) * sizeof *levels->starts);
    if (!levels->starts) return 0;
    for (int64_t slab = 0; slab < slabs; slab++) {
        int64_t first = first_above(axes->z, axes->gaps + 1, low[slab]);
        levels->starts[slab] = total;
        total += most(first_not_below(axes->z, axes->gaps + 1, high[slab]) - first, 0) + 2;
    }
    levels->starts[slabs] = total;
    levels->plane = malloc((size_t)(total + 1) * sizeof *levels->plane);
    levels->z = malloc((size_t)(total + 1) * sizeof *levels->z);
    levels->share = malloc((size_t)(total + 1) * sizeof *levels->share);
    return levels->plane && levels->z && levels->share;
}

static void fill_levels(int64_t slabs, const double *low, const double *high, const Axes *axes, Levels *levels) {
    int64_t nodes = axes->gaps + 1;
    for (int64_t slab = 0; slab < slabs; slab++) {
        int64_t first = first_above(axes->z, nodes, low[slab]), begin = levels->starts[slab];
        for (int64_t level = begin; level < levels->starts[slab + 1]; level++) {
            double z = level == begin                          ? low[slab]
                       : level == levels->starts[slab + 1] - 1 ? high[slab]
                                                               : axes->z[within(first + level - begin - 1, nodes)];
            int64_t plane = least(most(first_above(axes->z, nodes, z) - 1, 0), nodes - 2);
            levels->z[level] = z, levels->plane[level] = plane;
            levels->share[level] = (z - axes->z[plane]) / (axes->z[plane + 1] - axes->z[plane]);
        }
    }
}

/* The dose of each node of a row, highest and lowest over the levels of one slab. */
WIDE static void over_levels(const Grid *grid, const Levels *levels, int64_t slab, int64_t row, float *restrict high,
                        float *restrict low) {
    const Doses *doses = grid->doses;
    int64_t width = grid->columns + 1, begin = doses->column < 0, end = least(width, doses->columns - doses->column);
    for (int64_t level = levels->starts[slab]; level < levels->starts[slab + 1]; level++) {
        const float *restrict lower = stored_row(doses, levels->plane[level], row) + (doses->column + begin);
        const float *restrict upper = stored_row(doses, levels->plane[level] + 1, row) + (doses->column + begin);
        float share = (float)levels->share[level], *restrict highest = high + begin, *restrict lowest = low + begin;
        if (level == levels->starts[slab]) {
            for (int64_t i = 0; i < end - begin; i++)
                highest[i] = lowest[i] = (upper[i] - lower[i]) * share + lower[i];
            continue;
        }
        for (int64_t i = 0; i < end - begin; i++) {
            float dose = (upper[i] - lower[i]) * share + lower[i];
            highest[i] = dose > highest[i] ? dose : highest[i];
            lowest[i] = dose < lowest[i] ? dose : lowest[i];
        }
    }
    if (begin) high[0] = high[1], low[0] = low[1];
    if (end < width) high[end] = high[end - 1], low[end] = low[end - 1];
}

/* The highest level of one node, in double precision. */
static Peak node_peak(double sign, int64_t slab, int64_t row, int64_t column, const Levels *levels, const Grid *grid) {
    Peak peak = {0, 0, grid->x[column], grid->y[row], 0};
    for (int64_t level = levels->starts[slab]; level < levels->starts[slab + 1]; level++) {
        double lower = dose_at(grid->doses, levels->plane[level], row, column);
        double upper = dose_at(grid->doses, levels->plane[level] + 1, row, column);
        double dose = sign * (lower + levels->share[level] * (upper - lower));
        if (!peak.is_found || dose > peak.dose) peak.is_found = 1, peak.dose = dose, peak.z = levels->z[level];
    }
    return peak;
}

static void sort_numbers(int64_t *numbers, int64_t n) {
    for (int64_t i = 1; i < n; i++) { /* few, and nearly in order */
        int64_t number = numbers[i], j = i;
        for (; j > 0 && numbers[j - 1] > number; j--) numbers[j] = numbers[j - 1];
        numbers[j] = number;
    }
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Where the outline of one slab crosses rows of nodes: row * (columns + 1) + first node beyond, ascending. */
static int64_t crossings_of(const Outline *outline, int64_t slab, const Grid *grid, int64_t *crossing) {
    int64_t s = outline->subdivision, n = 0, columns = grid->columns;
    for (int64_t i = outline->starts[slab]; i < outline->starts[slab + 1]; i++) {
        int64_t k = piece_at(outline, i), row = dose_cell(outline->row[k], s), part = outline->row[k] - row * s;
        double v0 = outline->v0[k], v1 = outline->v1[k];
        if (v0 == v1) continue;
        int is_below = part == 0 && (v0 < v1 ? v0 : v1) == 0;
        int is_above = part == s - 1 && (v0 > v1 ? v0 : v1) == 1 && row == grid->rows - 1;
        for (int upper = 0; upper < 2; upper++) {
            if (!(upper ? is_above : is_below)) continue;
            double y0 = ((double)part + v0) / (double)s, y1 = ((double)part + v1) / (double)s;
            double u = (y0 > y1) == upper ? outline->u0[k] : outline->u1[k];
            int64_t column = dose_cell(outline->column[k], s);
            double x = ((double)(outline->column[k] - column * s) + u) / (double)s + (double)column;
            int64_t node = outline->is_clamped[k] && x >= (double)columns ? columns + 1
                                                                          : ceil_of(clip(x, 0, (double)columns + 1));
            crossing[n++] = (row + upper) * (columns + 1) + node;
        }
    }
    if (n > 64)
        qsort(crossing, (size_t)n, sizeof *crossing, by_size);
    else
        sort_numbers(crossing, n);
    return n;
}

/* The highest of the doses at the corners of a cell, and the highest of those that are negated. */
static float highest_corner(const float *at, int64_t width) {
    float a = at[0], b = at[1], c = at[width], d = at[width + 1];
    a = a > b ? a : b, c = c > d ? c : d;
    return a > c ? a : c;
}
static float highest_negated_corner(const float *at, int64_t width) {
    float a = -at[0], b = -at[1], c = -at[width], d = -at[width + 1];
    a = a > b ? a : b, c = c > d ? c : d;
    return a > c ? a : c;
}

static int most_promising(const void *a, const void *b) {
    const Promise *x = a, *y = b;
    if (x->bound != y->bound) return x->bound < y->bound ? 1 : -1;
    return (x->piece > y->piece) - (x->piece < y->piece);
}

static double position(const double *nodes, int64_t last, double at) {
    int64_t cell = least(most(floor_of(at), 0), last - 1);
    double share = at - (double)cell;
    return share <= 0 ? nodes[cell] : share >= 1 ? nodes[cell + 1] : nodes[cell] + (nodes[cell + 1] - nodes[cell]) * share;
}

/* The highest dose on some pieces at all levels of their slabs: at either end, or at the top of the parabola. */
static Peak highest_of_pieces(double sign, const Promise *promise, int64_t n, const Outline *outline,
                              const Levels *levels, const Grid *grid) {
    int64_t s = outline->subdivision;
    Peak best[3] = {{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}};
    for (int64_t i = 0; i < n; i++) {
        int64_t k = promise[i].piece, slab = outline->slab[k], row = dose_cell(outline->row[k], s);
        int64_t own = dose_cell(outline->column[k], s), column = least(own, grid->columns - 1);
        double row_part = (double)(outline->row[k] - row * s), column_part = (double)(outline->column[k] - own * s);
        double beyond = (double)(own - column), parts = (double)s;
        double x0 = (column_part + outline->u0[k]) / parts + beyond, x1 = (column_part + outline->u1[k]) / parts + beyond;
        double y0 = (row_part + outline->v0[k]) / parts, y1 = (row_part + outline->v1[k]) / parts;
        double dx = x1 - x0, dy = y1 - y0;
        for (int64_t level = levels->starts[slab]; level < levels->starts[slab + 1]; level++) {
            double corner[4], share = levels->share[level];
            for (int c = 0; c < 4; c++) {
                double below = dose_at(grid->doses, levels->plane[level], row + c / 2, column + c % 2);
                double above = dose_at(grid->doses, levels->plane[level] + 1, row + c / 2, column + c % 2);
                corner[c] = sign * (below + share * (above - below));
            }
            double along_x = corner[1] - corner[0], along_y = corner[2] - corner[0];
            double twist = corner[3] - corner[0] - along_x - along_y, curvature = twist * dx * dy;
            double slope = (along_x + twist * y0) * dx + (along_y + twist * x0) * dy;
            double top = curvature < 0 ? clip(-slope / (2 * curvature), 0, 1) : 0.0;
            double start = corner[0] + along_x * x0 + along_y * y0 + twist * x0 * y0;
            double t[3] = {0, 1, top};
            for (int which = 0; which < 3; which++) {
                double dose = start + slope * t[which] + curvature * t[which] * t[which];
                Peak *peak = best + which;
                if (peak->is_found && !(dose > peak->dose)) continue;
                peak->is_found = 1, peak->dose = dose, peak->z = levels->z[level];
                peak->x = position(grid->x, grid->columns, (double)column + x0 + t[which] * dx);
                peak->y = position(grid->y, grid->rows, (double)row + y0 + t[which] * dy);
            }
        }
    }
    if (best[1].dose > best[0].dose) best[0] = best[1];
    if (best[2].dose > best[0].dose) best[0] = best[2];
    return best[0];
}

static Peak highest_on_outline(double sign, Peak peak, const float *bound, Promise *promises, const Outline *outline,
                               const Levels *levels, const Grid *grid) {
    float floor_dose = peak.is_found ? (float)peak.dose : -INFINITY;
    int64_t n = 0;
    for (int64_t i = 0; i < outline->n; i++) {
        int64_t k = piece_at(outline, i);
        if (bound[k] > floor_dose && !outline->is_clamped[k]) promises[n].bound = bound[k], promises[n++].piece = i;
    }
    qsort(promises, (size_t)n, sizeof *promises, most_promising);
    for (int64_t first = 0; first < n; first += PIECES_AT_ONCE) {
        int64_t count = least(PIECES_AT_ONCE, n - first);
        if (peak.is_found && promises[first].bound <= (float)peak.dose) break;
        for (int64_t i = first; i < first + count; i++) promises[i].piece = piece_at(outline, promises[i].piece);
        Peak found = highest_of_pieces(sign, promises + first, count, outline, levels, grid);
        if (!peak.is_found || found.dose > peak.dose) peak = found;
    }
    return peak;
}

WIDE static int any_beyond(const float *high, const float *low, int64_t from, int64_t to, float highest, float lowest) {
    int any = 0;
    for (int64_t i = from; i < to; i++) any |= (high[i] > highest) | (low[i] < lowest);
    return any;
}

typedef struct {
    float *high, *low, *bound[2];
    int64_t *crossing;
} Work;

/* The best nodes inside, portion by portion of slabs as in numpy, and what no piece of the outline can exceed. */
static void node_peaks(const Outline *outline, const Levels *levels, const Grid *grid, int64_t slabs, Work work,
                       Peak *peaks) {
    int64_t width = grid->columns + 1, s = outline->subdivision;
    int64_t portion = most(1, NODES_AT_ONCE / ((grid->rows + 1) * width));
    for (int64_t first = 0; first < slabs; first += portion) {
        float best[2] = {-INFINITY, -INFINITY};
        int64_t best_slab[2] = {-1, -1}, best_node[2] = {0, 0};
        for (int64_t slab = first; slab < least(first + portion, slabs); slab++) {
            int64_t low_row = grid->rows, high_row = -1;
            for (int64_t i = outline->starts[slab]; i < outline->starts[slab + 1]; i++) {
                int64_t row = dose_cell(outline->row[piece_at(outline, i)], s);
                low_row = least(low_row, row), high_row = most(high_row, row);
            }
            if (high_row < 0) continue;
            for (int64_t row = low_row; row <= high_row + 1; row++)
                over_levels(grid, levels, slab, row, work.high + row * width, work.low + row * width);
            int64_t crossings = crossings_of(outline, slab, grid, work.crossing);
            for (int64_t i = 0; i + 1 < crossings; i += 2) {
                int64_t from = work.crossing[i], to = work.crossing[i + 1];
                if (!any_beyond(work.high, work.low, from, to, best[0], -best[1])) continue;
                for (int64_t node = from; node < to; node++) {
                    if (work.high[node] > best[0])
                        best[0] = work.high[node], best_slab[0] = slab, best_node[0] = node;
                    if (-work.low[node] > best[1])
                        best[1] = -work.low[node], best_slab[1] = slab, best_node[1] = node;
                }
            }
            for (int64_t i = outline->starts[slab]; i < outline->starts[slab + 1]; i++) {
                int64_t k = piece_at(outline, i);
                int64_t column = least(dose_cell(outline->column[k], s), grid->columns - 1);
                int64_t at = dose_cell(outline->row[k], s) * width + column;
                work.bound[0][k] = highest_corner(work.high + at, width);
                work.bound[1][k] = highest_negated_corner(work.low + at, width);
            }
        }
        for (int which = 0; which < 2; which++) {
            if (best_slab[which] < 0 || (peaks[which].is_found && !((double)best[which] > peaks[which].dose))) continue;
            int64_t row = best_node[which] / width, column = best_node[which] % width;
            peaks[which] = node_peak(which ? -1 : 1, best_slab[which], row, column, levels, grid);
        }
    }
}

/* Where the pieces of each slab begin: `starts` (slabs + 1,). Whether they are in that order already, as outlines are;
 * else `order` (n,) is it. */
static int sort_by_slab(int64_t n, const int64_t *slab, int64_t slabs, int64_t *order, int64_t *starts) {
    int is_ascending = 1;
    for (int64_t k = 0; k < n; k++) starts[slab[k] + 1]++, is_ascending &= !k || slab[k - 1] <= slab[k];
    for (int64_t s = 0; s < slabs; s++) starts[s + 1] += starts[s];
    if (is_ascending) return 1;
    for (int64_t k = 0; k < n; k++) order[starts[slab[k]]++] = k;
    for (int64_t s = slabs; s > 0; s--) starts[s] = starts[s - 1];
    starts[0] = 0;
    return 0;
}

/* `found` (8,): highest dose and its x, y, z; lowest dose and its x, y, z. Returns 1, or 0 where the solid only touches
 * the box. */
int64_t rt_extremes(int64_t n, const int64_t *slab, const int64_t *row, const int64_t *column, const double *u0,
                           const double *v0, const double *u1, const double *v1, const uint8_t *is_clamped,
                           int64_t subdivision, int64_t slabs, const double *low, const double *high,
                           const Doses *doses, const Axes *axes, double *found) {
    int64_t *order = malloc((size_t)(n + 1) * sizeof *order), *starts = calloc((size_t)(slabs + 2), sizeof *starts);
    size_t nodes = (size_t)((axes->rows + 1) * (axes->columns + 1));
    Levels levels = {NULL, NULL, NULL, NULL};
    Work work = {malloc(nodes * sizeof(float)), malloc(nodes * sizeof(float)),
                 {malloc((size_t)(n + 1) * sizeof(float)), malloc((size_t)(n + 1) * sizeof(float))},
                 malloc((size_t)(2 * n + 1) * sizeof(int64_t))};
    Promise *promises = malloc((size_t)(n + 1) * sizeof *promises);
    int64_t result = NO_MEMORY;
    if (!order || !starts || !work.high || !work.low || !work.bound[0] || !work.bound[1] || !work.crossing ||
        !promises || !reserve_levels(slabs, low, high, axes, &levels))
        goto done;
    fill_levels(slabs, low, high, axes, &levels);
    int is_ascending = sort_by_slab(n, slab, slabs, order, starts);
    Outline outline = {n, subdivision, slab, row, column, u0, v0, u1, v1, is_clamped, is_ascending ? NULL : order,
                       starts};
    Grid grid = {axes->rows, axes->columns, doses, axes->x, axes->y};
    Peak peaks[2] = {{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}};
    node_peaks(&outline, &levels, &grid, slabs, work, peaks);
    result = 1;
    for (int which = 0; which < 2; which++) {
        Peak peak = highest_on_outline(which ? -1 : 1, peaks[which], work.bound[which], promises, &outline, &levels, &grid);
        if (!peak.is_found) result = 0;
        found[4 * which] = which ? -peak.dose : peak.dose;
        found[4 * which + 1] = peak.x, found[4 * which + 2] = peak.y, found[4 * which + 3] = peak.z;
    }
done:
    free(order), free(starts), free(work.high), free(work.low), free(work.bound[0]), free(work.bound[1]);
    free(work.crossing), free(promises);
    free(levels.starts), free(levels.plane), free(levels.z), free(levels.share);
    return result;
}
