/* Loops one after another: what each measures, and chosen ones in either direction (twin of geometry/loops.py). */
#include <math.h>
#include <string.h>

#include "kernel.h"

/* Whether loops begin one after another within so many points. */
int rt_are_starts(const int64_t *starts, int64_t n, int64_t points) {
    if (n < 0 || starts[0] < 0 || starts[n] > points) return 0;
    for (int64_t loop = 0; loop < n; loop++)
        if (starts[loop] > starts[loop + 1]) return 0;
    return 1;
}

/* The points x and y of contours, one after another, without those that repeat the one before around the contour: into `kept`,
 * and how many of each contour into `counts`, which has how many it had before, at least one. The lowest and highest z of each
 * go into `z` (n, 2). How many are left; -1 where a number is not finite. */
int64_t rt_drawn(int64_t n, const double *points, int64_t *counts, double *kept, double *z) {
    int64_t total = 0;
    double sum = 0; /* of zeros, or not a number */
    for (int64_t contour = 0; contour < n; contour++) {
        int64_t count = counts[contour], before = total;
        double low = points[2], high = points[2];
        for (int64_t k = 0; k < count; k++) {
            const double *here = points + 3 * k, *next = k + 1 < count ? here + 3 : points;
            sum += 0 * here[0] + 0 * here[1] + 0 * here[2];
            low = here[2] < low ? here[2] : low, high = here[2] > high ? here[2] : high;
            kept[2 * total] = here[0], kept[2 * total + 1] = here[1];
            total += here[0] != next[0] || here[1] != next[1];
        }
        counts[contour] = total - before, z[2 * contour] = low, z[2 * contour + 1] = high;
        points += 3 * count;
    }
    return sum == 0 ? total : -1;
}

/* The length of a step; that of hypot takes ten times as long. */
static double length_of(double dx, double dy) {
    double squared = dx * dx + dy * dy;
    return squared > 1e-200 && squared < 1e200 ? sqrt(squared) : hypot(dx, dy);
}

/* One row of MEASURES numbers a loop: area, positive if counter-clockwise; the same with no triangle cancelling
 * another; length; low x, low y, high x, high y; the sums of x and of y. */
void rt_measured(int64_t n, const double *points, const int64_t *starts, double *rows) {
    for (int64_t loop = 0; loop < n; loop++, rows += MEASURES) {
        const double *point = points + 2 * starts[loop];
        int64_t count = starts[loop + 1] - starts[loop];
        double twice = 0, twice_uncancelled = 0, length = 0, sum_x = 0, sum_y = 0;
        double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
        for (int64_t k = 0; k < count; k++) {
            const double *here = point + 2 * k, *next = k + 1 < count ? here + 2 : point;
            double x = here[0], y = here[1];
            /* from the first point on: against cancellation far from zero */
            double triangle = (x - point[0]) * (next[1] - point[1]) - (next[0] - point[0]) * (y - point[1]);
            twice += triangle, twice_uncancelled += fabs(triangle);
            length += length_of(next[0] - x, next[1] - y);
            low_x = x < low_x ? x : low_x, high_x = x > high_x ? x : high_x;
            low_y = y < low_y ? y : low_y, high_y = y > high_y ? y : high_y;
            sum_x += x, sum_y += y;
        }
        rows[0] = twice / 2, rows[1] = twice_uncancelled, rows[2] = length;
        rows[3] = low_x, rows[4] = low_y, rows[5] = high_x, rows[6] = high_y;
        rows[7] = sum_x, rows[8] = sum_y;
    }
}

/* The points of `chosen` loops (count,), each from its last point to its first where it is `turned`. */
void rt_gathered(int64_t count, const double *points, const int64_t *starts, const int64_t *chosen,
                 const uint8_t *turned, double *gathered) {
    for (int64_t i = 0; i < count; i++) {
        const double *from = points + 2 * starts[chosen[i]];
        int64_t n = starts[chosen[i] + 1] - starts[chosen[i]];
        if (!turned[i])
            memcpy(gathered, from, (size_t)n * 2 * sizeof *from);
        else
            for (int64_t k = 0; k < n; k++)
                gathered[2 * k] = from[2 * (n - 1 - k)], gathered[2 * k + 1] = from[2 * (n - 1 - k) + 1];
        gathered += 2 * n;
    }
}
