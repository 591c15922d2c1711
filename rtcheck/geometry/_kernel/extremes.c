/* The lowest and the highest dose in a cut outline (twin of dosimetry/extremes.py, with node_runs.py). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define NODES_AT_ONCE 200000
#define PIECES_AT_ONCE 2000

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

/* A piece of the outline, and the highest dose (or that of the negated doses) that it can have. */
typedef struct {
    float bound[2];
    int64_t slab, row, column;
    double u0, v0, u1, v1;
} Candidate;

typedef struct {
    float bound;
    int64_t candidate;
} Promise;

struct Search {
    int64_t subdivision, portion; /* slabs whose nodes are compared in single precision before the best is taken */
    Grid grid;
    Levels levels;
    float *high, *low; /* of the nodes of one slab */
    int64_t *crossing, crossings_room, *crossings_of_row;
    int64_t portion_number, best_slab[2], best_node[2];
    float best[2];
    Peak peaks[2];
    Candidate *candidates;
    int64_t count, room, count_before; /* before this portion */
};

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

/* The dose of the nodes `first` to `last` (two or more) of a row, highest and lowest over the levels of one slab. */
WIDE static void over_levels(const Grid *grid, const Levels *levels, int64_t slab, int64_t row, int64_t first, int64_t last,
                             float *restrict high, float *restrict low) {
    const Doses *doses = grid->doses;
    int64_t begin = most(first, -doses->column), end = least(last + 1, doses->columns - doses->column);
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
    if (first < begin) high[first] = high[begin], low[first] = low[begin];
    if (end <= last) high[last] = high[end - 1], low[last] = low[end - 1];
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
    if (n > 64) {
        qsort(numbers, (size_t)n, sizeof *numbers, by_number);
        return;
    }
    for (int64_t i = 1; i < n; i++) { /* few, and nearly in order */
        int64_t number = numbers[i], j = i;
        for (; j > 0 && numbers[j - 1] > number; j--) numbers[j] = numbers[j - 1];
        numbers[j] = number;
    }
}

/* The numbers of `found` (n,) ascending in `sorted` (n,). There are few in each of the rows of `width` numbers from `low_row`
 * on; `starts` is (rows + 1,). */
static void sort_by_row(const int64_t *found, int64_t n, int64_t width, int64_t low_row, int64_t rows, int64_t *starts,
                        int64_t *sorted) {
    for (int64_t r = 0; r <= rows; r++) starts[r] = 0;
    for (int64_t i = 0; i < n; i++) starts[found[i] / width - low_row + 1]++;
    for (int64_t r = 0; r < rows; r++) starts[r + 1] += starts[r];
    for (int64_t i = 0; i < n; i++) sorted[starts[found[i] / width - low_row]++] = found[i];
    for (int64_t r = 0, first = 0; r < rows; first = starts[r++]) sort_numbers(sorted + first, starts[r] - first);
}

/* Where pieces of one slab cross rows of nodes: row * (columns + 1) + first node beyond; how many. */
static int64_t crossings_of(const SlabPieces *p, int64_t s, const Grid *grid, int64_t *crossing) {
    int64_t n = 0, columns = grid->columns;
    for (int64_t k = 0; k < p->n; k++) {
        int64_t row = dose_cell(p->row[k], s), part = p->row[k] - row * s;
        double v0 = p->v0[k], v1 = p->v1[k];
        if (v0 == v1) continue;
        int is_below = part == 0 && (v0 < v1 ? v0 : v1) == 0;
        int is_above = part == s - 1 && (v0 > v1 ? v0 : v1) == 1 && row == grid->rows - 1;
        for (int upper = 0; upper < 2; upper++) {
            if (!(upper ? is_above : is_below)) continue;
            double y0 = ((double)part + v0) / (double)s, y1 = ((double)part + v1) / (double)s;
            double u = (y0 > y1) == upper ? p->u0[k] : p->u1[k];
            int64_t column = dose_cell(p->column[k], s);
            double x = ((double)(p->column[k] - column * s) + u) / (double)s + (double)column;
            int64_t node = p->is_clamped[k] && x >= (double)columns ? columns + 1
                                                                    : ceil_of(clip(x, 0, (double)columns + 1));
            crossing[n++] = (row + upper) * (columns + 1) + node;
        }
    }
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
    return (x->candidate > y->candidate) - (x->candidate < y->candidate);
}

static double position(const double *nodes, int64_t last, double at) {
    int64_t cell = least(most(floor_of(at), 0), last - 1);
    double share = at - (double)cell;
    return share <= 0 ? nodes[cell] : share >= 1 ? nodes[cell + 1] : nodes[cell] + (nodes[cell + 1] - nodes[cell]) * share;
}

/* The highest dose on some pieces at all levels of their slabs: at either end, or at the top of the parabola. */
static Peak highest_of_pieces(double sign, const Promise *promise, int64_t n, const Search *search) {
    const Levels *levels = &search->levels;
    const Grid *grid = &search->grid;
    int64_t s = search->subdivision;
    Peak best[3] = {{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}};
    for (int64_t i = 0; i < n; i++) {
        const Candidate *piece = search->candidates + promise[i].candidate;
        int64_t slab = piece->slab, row = dose_cell(piece->row, s);
        int64_t own = dose_cell(piece->column, s), column = least(own, grid->columns - 1);
        double row_part = (double)(piece->row - row * s), column_part = (double)(piece->column - own * s);
        double beyond = (double)(own - column), parts = (double)s;
        double x0 = (column_part + piece->u0) / parts + beyond, x1 = (column_part + piece->u1) / parts + beyond;
        double y0 = (row_part + piece->v0) / parts, y1 = (row_part + piece->v1) / parts;
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

/* What a piece must be able to exceed, in single precision. */
static float floor_of_peak(const Peak *peak) { return peak->is_found ? (float)peak->dose : -INFINITY; }

static Peak highest_on_outline(int which, const Search *search, Promise *promises) {
    Peak peak = search->peaks[which];
    float floor_dose = floor_of_peak(&peak);
    int64_t n = 0;
    for (int64_t k = 0; k < search->count; k++) {
        float bound = search->candidates[k].bound[which];
        if (bound > floor_dose) promises[n].bound = bound, promises[n++].candidate = k;
    }
    qsort(promises, (size_t)n, sizeof *promises, most_promising);
    for (int64_t first = 0; first < n; first += PIECES_AT_ONCE) {
        int64_t count = least(PIECES_AT_ONCE, n - first);
        if (peak.is_found && promises[first].bound <= (float)peak.dose) break;
        Peak found = highest_of_pieces(which ? -1 : 1, promises + first, count, search);
        if (!peak.is_found || found.dose > peak.dose) peak = found;
    }
    return peak;
}

WIDE static int any_beyond(const float *high, const float *low, int64_t from, int64_t to, float highest, float lowest) {
    int any = 0;
    for (int64_t i = from; i < to; i++) any |= (high[i] > highest) | (low[i] < lowest);
    return any;
}

static void begin_portion(Search *search) {
    for (int which = 0; which < 2; which++)
        search->best[which] = -INFINITY, search->best_slab[which] = -1, search->best_node[which] = 0;
    search->count_before = search->count;
}

/* The best nodes of a portion of slabs, as in numpy; of its pieces only those stay that can exceed the best so far. */
static void end_portion(Search *search) {
    int64_t width = search->grid.columns + 1, kept = search->count_before;
    Peak *peaks = search->peaks;
    for (int which = 0; which < 2; which++) {
        int64_t slab = search->best_slab[which], node = search->best_node[which];
        if (slab < 0 || (peaks[which].is_found && !((double)search->best[which] > peaks[which].dose))) continue;
        peaks[which] = node_peak(which ? -1 : 1, slab, node / width, node % width, &search->levels, &search->grid);
    }
    for (int64_t k = kept; k < search->count; k++) {
        Candidate *piece = search->candidates + k;
        if (piece->bound[0] > floor_of_peak(peaks) || piece->bound[1] > floor_of_peak(peaks + 1))
            search->candidates[kept++] = *piece;
    }
    search->count = kept;
    begin_portion(search);
}

Search *rt_search(int64_t slabs, const double *low, const double *high, const Doses *doses, const Axes *axes,
                  int64_t subdivision) {
    Search *search = calloc(1, sizeof *search);
    size_t nodes = (size_t)((axes->rows + 1) * (axes->columns + 1));
    if (!search) return NULL;
    search->subdivision = subdivision, search->portion = most(1, NODES_AT_ONCE / (int64_t)nodes);
    search->grid = (Grid){axes->rows, axes->columns, doses, axes->x, axes->y};
    search->high = malloc(nodes * sizeof(float)), search->low = malloc(nodes * sizeof(float));
    search->crossings_of_row = malloc((size_t)(axes->rows + 4) * sizeof *search->crossings_of_row);
    if (!search->high || !search->low || !search->crossings_of_row || !reserve_levels(slabs, low, high, axes, &search->levels)) {
        rt_free_search(search);
        return NULL;
    }
    fill_levels(slabs, low, high, axes, &search->levels);
    begin_portion(search);
    return search;
}

void rt_free_search(Search *search) {
    if (!search) return;
    free(search->high), free(search->low), free(search->crossing), free(search->crossings_of_row), free(search->candidates);
    free(search->levels.starts), free(search->levels.plane), free(search->levels.z), free(search->levels.share);
    free(search);
}

/* Room for what `n` more pieces can add. */
static int have_room(Search *search, int64_t n) {
    if (4 * n > search->crossings_room) { /* two of a piece, unsorted and sorted */
        free(search->crossing);
        search->crossings_room = 8 * n;
        search->crossing = malloc((size_t)search->crossings_room * sizeof *search->crossing);
    }
    if (search->count + n > search->room) {
        search->room = 2 * (search->count + n);
        Candidate *more = realloc(search->candidates, (size_t)search->room * sizeof *more);
        if (!more) return 0;
        search->candidates = more;
    }
    return !!search->crossing;
}

/* The pieces of the next slab: the best nodes inside them, and what no piece can exceed. */
int64_t rt_search_slab(Search *search, int64_t slab, const SlabPieces *p) {
    const Grid *grid = &search->grid;
    int64_t width = grid->columns + 1, s = search->subdivision, low_row = grid->rows, high_row = -1, left = grid->columns,
            right = -1;
    float *high = search->high, *low = search->low, *best = search->best;
    if (slab / search->portion != search->portion_number) end_portion(search);
    search->portion_number = slab / search->portion;
    if (!p->n) return 0;
    if (!have_room(search, p->n)) return NO_MEMORY;
    for (int64_t k = 0; k < p->n; k++) {
        low_row = least(low_row, p->row[k]), high_row = most(high_row, p->row[k]);
        left = least(left, p->column[k]), right = most(right, p->column[k]);
    }
    low_row = dose_cell(low_row, s), high_row = dose_cell(high_row, s);
    left = least(dose_cell(left, s), grid->columns - 1), right = least(dose_cell(right, s), grid->columns - 1);
    for (int64_t row = low_row; row <= high_row + 1; row++)
        over_levels(grid, &search->levels, slab, row, left, right + 1, high + row * width, low + row * width);
    int64_t crossings = crossings_of(p, s, grid, search->crossing), *crossing = search->crossing + crossings;
    sort_by_row(search->crossing, crossings, width, low_row, high_row - low_row + 3, search->crossings_of_row, crossing);
    for (int64_t i = 0; i + 1 < crossings; i += 2) {
        int64_t from = crossing[i], to = crossing[i + 1];
        if (!any_beyond(high, low, from, to, best[0], -best[1])) continue;
        for (int64_t node = from; node < to; node++) {
            if (high[node] > best[0]) best[0] = high[node], search->best_slab[0] = slab, search->best_node[0] = node;
            if (-low[node] > best[1]) best[1] = -low[node], search->best_slab[1] = slab, search->best_node[1] = node;
        }
    }
    for (int64_t k = 0; k < p->n; k++) {
        int64_t column = least(dose_cell(p->column[k], s), grid->columns - 1);
        int64_t at = dose_cell(p->row[k], s) * width + column;
        Candidate piece = {{highest_corner(high + at, width), highest_negated_corner(low + at, width)}, slab, p->row[k],
                           p->column[k], p->u0[k], p->v0[k], p->u1[k], p->v1[k]};
        search->candidates[search->count] = piece;
        search->count += !p->is_clamped[k];
    }
    return 0;
}

/* `found` (8,): highest dose and its x, y, z; lowest dose and its x, y, z. Returns 1, or 0 where the solid only touches
 * the box. */
int64_t rt_searched(Search *search, double *found) {
    int64_t result = 1;
    end_portion(search);
    Promise *promises = malloc((size_t)(search->count + 1) * sizeof *promises);
    if (!promises) return NO_MEMORY;
    for (int which = 0; which < 2; which++) {
        Peak peak = highest_on_outline(which, search, promises);
        if (!peak.is_found) result = 0;
        found[4 * which] = which ? -peak.dose : peak.dose;
        found[4 * which + 1] = peak.x, found[4 * which + 2] = peak.y, found[4 * which + 3] = peak.z;
    }
    free(promises);
    return result;
}

/* The same for the pieces (n,) of all slabs; -1 where these do not ascend. */
int64_t rt_extremes(int64_t n, const int64_t *slab, const int64_t *row, const int64_t *column, const double *u0,
                    const double *v0, const double *u1, const double *v1, const uint8_t *is_clamped, int64_t subdivision,
                    int64_t slabs, const double *low, const double *high, const Doses *doses, const Axes *axes,
                    double *found) {
    Search *search = rt_search(slabs, low, high, doses, axes, subdivision);
    int64_t result = search ? 0 : NO_MEMORY;
    for (int64_t first = 0, last; !result && first < n; first = last) {
        for (last = first; last < n && slab[last] == slab[first];) last++;
        SlabPieces own = {last - first, row + first, column + first, u0 + first, v0 + first, u1 + first, v1 + first,
                          is_clamped + first};
        int is_next = slab[first] >= 0 && slab[first] < slabs && (last == n || slab[last] > slab[first]);
        result = is_next ? rt_search_slab(search, slab[first], &own) : -1;
    }
    if (!result) result = rt_searched(search, found);
    rt_free_search(search);
    return result;
}
