/* Loops that lie in others, that overlap loops of another plane (twin of loops.py and outlines.py). */
#include <math.h>
#include <stdlib.h>

#include "kernel.h"

#define PLANE_STRIDE_MM 1048576.0
#define FEW_POINTS 12
#define MOST_PAIRS ((int64_t)1 << 32) /* looked at: some seconds */

typedef struct {
    double low;
    int64_t number;
} Begin;

static int by_low(const void *a, const void *b) {
    const Begin *x = a, *y = b;
    if (x->low != y->low) return x->low < y->low ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static double lesser(double a, double b) { return a < b ? a : b; }
static double greater(double a, double b) { return a > b ? a : b; }

/* Whether the ray from a point toward -x crosses a loop an odd number of times. `y` and the loop's y are shifted by
 * `stride` (of the loop's plane), so that equality is decided as in the sweep of numpy. */
static int is_inside(double x, double y, double stride, const double *points, int64_t n) {
    int odd = 0;
    for (int64_t k = 0; k < n; k++) {
        const double *a = points + 2 * k, *b = points + 2 * (k + 1 < n ? k + 1 : 0);
        double low = stride + lesser(a[1], b[1]), high = stride + greater(a[1], b[1]);
        if (!(low <= stride + y && stride + y < high)) continue;
        odd ^= a[0] + (y - a[1]) * ((b[0] - a[0]) / (b[1] - a[1])) < x;
    }
    return odd;
}

/* Boxes of loops (n, 4): low x, low y, high x, high y. */
static void boxes_of(const double *points, const int64_t *starts, int64_t n, double *boxes) {
    for (int64_t loop = 0; loop < n; loop++) {
        double *box = boxes + 4 * loop;
        box[0] = box[1] = INFINITY, box[2] = box[3] = -INFINITY;
        for (int64_t k = starts[loop]; k < starts[loop + 1]; k++) {
            box[0] = lesser(box[0], points[2 * k]), box[1] = lesser(box[1], points[2 * k + 1]);
            box[2] = greater(box[2], points[2 * k]), box[3] = greater(box[3], points[2 * k + 1]);
        }
    }
}

/* Where in `begins` (ascending) the first lies that is not below `low`. */
static int64_t first_from(const Begin *begins, int64_t n, double low) {
    int64_t first = 0, last = n;
    while (first < last) {
        int64_t middle = (first + last) / 2;
        if (begins[middle].low < low)
            first = middle + 1;
        else
            last = middle;
    }
    return first;
}

/* Pairs (inner, outer) of loops of one plane, into `pairs` (most, 2): the middle of the inner one's first edge lies in
 * the outer one. How many, TANGLED where there are more. */
int64_t rt_contained(int64_t n, const double *points, const int64_t *starts, const int64_t *plane, int64_t most_pairs,
                     int64_t *pairs) {
    Begin *begins = malloc((size_t)(n + 1) * sizeof *begins);
    double *boxes = malloc((size_t)(4 * n + 1) * sizeof *boxes), tallest = 0;
    int64_t count = 0, looked_at = 0;
    if (!begins || !boxes) {
        count = NO_MEMORY;
        goto done;
    }
    boxes_of(points, starts, n, boxes);
    for (int64_t loop = 0; loop < n; loop++) {
        begins[loop].low = (double)plane[loop] * PLANE_STRIDE_MM + boxes[4 * loop + 1], begins[loop].number = loop;
        tallest = greater(tallest, boxes[4 * loop + 3] - boxes[4 * loop + 1]);
    }
    qsort(begins, (size_t)n, sizeof *begins, by_low);
    for (int64_t inner = 0; inner < n && count >= 0; inner++) {
        const double *a = points + 2 * starts[inner], *b = starts[inner + 1] - starts[inner] > 1 ? a + 2 : a;
        double x = (a[0] + b[0]) / 2, y = (a[1] + b[1]) / 2, stride = (double)plane[inner] * PLANE_STRIDE_MM;
        for (int64_t i = first_from(begins, n, stride + y - tallest - 1e-3); i < n; i++, looked_at++) {
            int64_t outer = begins[i].number;
            if (begins[i].low > stride + y) break;
            if (outer == inner || plane[outer] != plane[inner] || boxes[4 * outer] > x) continue;
            if (!is_inside(x, y, stride, points + 2 * starts[outer], starts[outer + 1] - starts[outer])) continue;
            if (count == most_pairs) {
                count = TANGLED;
                break;
            }
            pairs[2 * count] = inner, pairs[2 * count + 1] = outer, count++;
        }
        if (looked_at > MOST_PAIRS) count = TANGLED;
    }
done:
    free(begins), free(boxes);
    return count;
}

/* Whether a loop holds one of the vertices of another, each `step`-th; with `middles` the middles of edges as well. */
static int holds_any(const double *loop, int64_t n, const double *points, int64_t count, int64_t step, int middles) {
    for (int64_t k = 0; k < count; k += step)
        for (int middle = 0; middle <= middles; middle++) {
            const double *next = points + 2 * (k + 1 < count ? k + 1 : 0);
            double x = middle ? (points[2 * k] + next[0]) / 2 : points[2 * k];
            double y = middle ? (points[2 * k + 1] + next[1]) / 2 : points[2 * k + 1];
            int odd = 0;
            for (int64_t i = 0; i < n; i++) {
                const double *a = loop + 2 * i, *b = loop + 2 * (i + 1 < n ? i + 1 : 0);
                if ((a[1] <= y) != (b[1] <= y)) odd ^= a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) < x;
            }
            if (odd) return 1;
        }
    return 0;
}

/* For each of the first loops whether it overlaps any of the second: `overlaps` (n,). */
int64_t rt_overlapping(int64_t n, const double *points, const int64_t *starts, int64_t others, const double *other_points,
                       const int64_t *other_starts, uint8_t *overlaps) {
    double *boxes = malloc((size_t)(4 * n + 1) * sizeof *boxes), tallest = 0;
    double *other_boxes = malloc((size_t)(4 * others + 1) * sizeof *other_boxes);
    Begin *begins = malloc((size_t)(others + 1) * sizeof *begins);
    int64_t result = NO_MEMORY;
    if (!boxes || !other_boxes || !begins) goto done;
    result = 0;
    boxes_of(points, starts, n, boxes);
    boxes_of(other_points, other_starts, others, other_boxes);
    for (int64_t k = 0; k < others; k++) {
        begins[k].low = other_boxes[4 * k + 1], begins[k].number = k;
        tallest = greater(tallest, other_boxes[4 * k + 3] - other_boxes[4 * k + 1]);
    }
    qsort(begins, (size_t)others, sizeof *begins, by_low);
    for (int64_t loop = 0; loop < n; loop++) {
        const double *box = boxes + 4 * loop, *own = points + 2 * starts[loop];
        int64_t count = starts[loop + 1] - starts[loop];
        overlaps[loop] = 0;
        for (int64_t i = first_from(begins, others, box[1] - tallest - 1e-3); i < others && !overlaps[loop]; i++) {
            int64_t other = begins[i].number, its = other_starts[other + 1] - other_starts[other];
            const double *its_box = other_boxes + 4 * other, *its_own = other_points + 2 * other_starts[other];
            if (begins[i].low > box[3]) break;
            if (its_box[0] > box[2] || box[0] > its_box[2] || box[1] > its_box[3]) continue;
            overlaps[loop] = (uint8_t)(holds_any(its_own, its, own, count, most(count / FEW_POINTS, 1), 0) ||
                                       holds_any(own, count, its_own, its, most(its / FEW_POINTS, 1), 0) ||
                                       holds_any(its_own, its, own, count, 1, 1) ||
                                       holds_any(own, count, its_own, its, 1, 1));
        }
    }
done:
    free(boxes), free(other_boxes), free(begins);
    return result;
}
