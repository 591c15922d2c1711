/* Loops of one plane that touch or cross (twin of touching_loops in geometry/loops.py): a sweep along y, plane by plane. */
#include <math.h>
#include <stdlib.h>

#include "kernel.h"

#define MOST_LOOKED_AT ((int64_t)1 << 32) /* pairs of edges: some seconds */
#define FEW 16                            /* edges that are sorted by inserting each */

typedef struct {
    double x0, y0, x1, y1;
    double low; /* of y */
    int64_t number, next, loop;
} Edge;

static double lesser(double a, double b) { return a < b ? a : b; }
static double greater(double a, double b) { return a > b ? a : b; }

static int by_low(const void *a, const void *b) {
    const Edge *x = a, *y = b;
    if (x->low != y->low) return x->low < y->low ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static int64_t bin_of(double above, double scale, int64_t bins) {
    double bin = above * scale;
    return bin >= 0 && bin < (double)bins ? (int64_t)bin : 0;
}

/* Edges ascending in `low`: into as many bins of equal height as there are edges, then each bin by itself. */
static void sort_edges(const Edge *edges, int64_t n, Edge *sorted, int64_t *bins) {
    double bottom = edges[0].low, top = edges[0].low;
    for (int64_t k = 1; k < n; k++) bottom = lesser(bottom, edges[k].low), top = greater(top, edges[k].low);
    double scale = top > bottom ? (double)(n - 1) / (top - bottom) : 0;
    for (int64_t bin = 0; bin <= n; bin++) bins[bin] = 0;
    for (int64_t k = 0; k < n; k++) bins[bin_of(edges[k].low - bottom, scale, n) + 1]++;
    for (int64_t bin = 0; bin < n; bin++) bins[bin + 1] += bins[bin];
    for (int64_t k = 0; k < n; k++) sorted[bins[bin_of(edges[k].low - bottom, scale, n)]++] = edges[k];
    for (int64_t bin = 0, first = 0; bin < n; first = bins[bin++]) { /* where a bin began, the one before it ends now */
        int64_t last = bins[bin];
        if (last - first > FEW) qsort(sorted + first, (size_t)(last - first), sizeof *sorted, by_low);
        else
            for (int64_t i = first + 1; i < last; i++) {
                Edge edge = sorted[i];
                int64_t j = i;
                for (; j > first && by_low(sorted + j - 1, &edge) > 0; j--) sorted[j] = sorted[j - 1];
                sorted[j] = edge;
            }
    }
}

/* Whether edge b reaches the line through edge a, to the tolerance. */
static int reaches_across(const Edge *a, const Edge *b, double tolerance) {
    double dx = a->x1 - a->x0, dy = a->y1 - a->y0, length = hypot(dx, dy);
    double start = (dx * (b->y0 - a->y0) - dy * (b->x0 - a->x0)) / length;
    double end = (dx * (b->y1 - a->y0) - dy * (b->x1 - a->x0)) / length;
    return lesser(start, end) <= tolerance && greater(start, end) >= -tolerance;
}

typedef struct {
    int64_t count, most, looked_at;
    int64_t *pairs;
} Found;

/* The pairs of loops among the edges of one plane, ascending in `low`. 0, or TANGLED where they do not fit. */
static int64_t sweep(const Edge *edges, int64_t n, double tolerance, Found *found) {
    for (int64_t i = 0; i < n; i++) {
        const Edge *a = edges + i;
        double end = greater(a->y0, a->y1) + tolerance;
        double x_low = lesser(a->x0, a->x1), x_high = greater(a->x0, a->x1) + tolerance;
        for (const Edge *b = a + 1; b < edges + n && b->low <= end; b++) {
            found->looked_at++;
            if (x_low > greater(b->x0, b->x1) + tolerance || lesser(b->x0, b->x1) > x_high) continue;
            if (a->next == b->number || b->next == a->number) continue;
            if (!reaches_across(a, b, tolerance) || !reaches_across(b, a, tolerance)) continue;
            int64_t *pair = found->pairs + 2 * found->count, one = least(a->loop, b->loop), other = most(a->loop, b->loop);
            if (found->count && pair[-2] == one && pair[-1] == other) continue;
            if (found->count == found->most) return TANGLED;
            pair[0] = one, pair[1] = other, found->count++;
        }
        if (found->looked_at > MOST_LOOKED_AT) return TANGLED;
    }
    return 0;
}

/* Loops with edges that meet: pairs (lower, higher number), perhaps several times, into `pairs` (most, 2). `plane`
 * (n,) ascending. How many; TANGLED where there are more, or too many to look at. */
int64_t rt_touching(int64_t n, const double *points, const int64_t *starts, const int64_t *plane, double tolerance,
                    int64_t most_pairs, int64_t *pairs) {
    Found found = {0, most_pairs, 0, pairs};
    int64_t room = 0, result = 0;
    for (int64_t first = 0, last; first < n; first = last) {
        for (last = first + 1; last < n && plane[last] == plane[first];) last++;
        room = most(room, starts[last] - starts[first]);
    }
    Edge *edges = malloc((size_t)(2 * room + 1) * sizeof *edges);
    int64_t *bins = malloc((size_t)(room + 1) * sizeof *bins);
    if (!edges || !bins) result = NO_MEMORY;
    for (int64_t first = 0, last; first < n && !result; first = last) {
        int64_t count = 0;
        for (last = first; last < n && plane[last] == plane[first]; last++)
            for (int64_t k = starts[last]; k < starts[last + 1]; k++, count++) {
                int64_t next = k + 1 < starts[last + 1] ? k + 1 : starts[last];
                const double *a = points + 2 * k, *b = points + 2 * next;
                edges[count] = (Edge){a[0], a[1], b[0], b[1], lesser(a[1], b[1]), k, next, last};
            }
        if (!count) continue;
        sort_edges(edges, count, edges + count, bins);
        result = sweep(edges + count, count, tolerance, &found);
    }
    free(edges), free(bins);
    return result ? result : found.count;
}
