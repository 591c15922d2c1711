/* Outlines slab by slab, whether they are stored as edges or as loops, and what they measure (twin of the measures in
 * dosimetry/dose_around.py). */
#include <math.h>
#include <stdlib.h>

#include "kernel.h"

/* Room for the edges of any slab; 0 where there is none. To be freed. */
int rt_room_for_edges(const Outline *outline, SlabEdges *of) {
    int64_t room = 0;
    *of = (SlabEdges){0};
    if (!outline->first_loop) return 1;
    for (int64_t slab = 0; slab < outline->slabs; slab++)
        room = most(room, outline->starts[outline->first_loop[slab + 1]] - outline->starts[outline->first_loop[slab]]);
    of->room = malloc((size_t)(room + 1) * 4 * sizeof *of->room);
    return !!of->room;
}

/* The edges of the slab after the last one; 0 where there is none. A slab without loops has none. */
int rt_next_slab(const Outline *outline, SlabEdges *of) {
    int64_t first = of->next, n = 0;
    if (outline->first_loop) {
        if (first == outline->slabs) return 0;
        of->slab = of->next++;
        for (int64_t loop = outline->first_loop[first]; loop < outline->first_loop[first + 1]; loop++) {
            const double *points = outline->points + 2 * outline->starts[loop];
            int64_t count = outline->starts[loop + 1] - outline->starts[loop];
            for (int64_t k = 0; k < count; k++, n++) {
                const double *here = points + 2 * k, *there = k + 1 < count ? here + 2 : points;
                double *edge = of->room + 4 * n;
                edge[0] = here[0], edge[1] = here[1], edge[2] = there[0], edge[3] = there[1];
            }
        }
        of->edges = of->room, of->n = n;
        return 1;
    }
    if (first == outline->n) return 0;
    of->slab = outline->slab[first], of->edges = outline->edges + 4 * first;
    while (of->next < outline->n && outline->slab[of->next] == of->slab) of->next++;
    of->n = of->next - first;
    return 1;
}

/* The lowest x and y at the ends of edges, the highest, and the volume between faces `height` apart of the slabs that they go
 * around: `found` (5,). Areas are taken from the first point, against cancellation. */
int64_t rt_outline_measures(const Outline *outline, const double *height, double *found) {
    double low[4], high[4], x0 = 0, y0 = 0, volume = 0;
    int is_first = 1;
    SlabEdges of;
    if (!rt_room_for_edges(outline, &of)) return NO_MEMORY;
    for (int i = 0; i < 4; i++) low[i] = INFINITY, high[i] = -INFINITY;
    while (rt_next_slab(outline, &of)) {
        double twice_area = 0;
        if (is_first && of.n) x0 = of.edges[0], y0 = of.edges[1], is_first = 0;
        for (int64_t k = 0; k < of.n; k++) {
            const double *edge = of.edges + 4 * k;
            twice_area += (edge[0] - x0) * (edge[3] - y0) - (edge[2] - x0) * (edge[1] - y0);
            for (int i = 0; i < 4; i++) {
                low[i] = edge[i] < low[i] ? edge[i] : low[i];
                high[i] = edge[i] > high[i] ? edge[i] : high[i];
            }
        }
        volume += twice_area * height[of.slab];
    }
    found[4] = volume / 2;
    for (int i = 0; i < 2; i++) {
        found[i] = low[i] < low[i + 2] ? low[i] : low[i + 2];
        found[2 + i] = high[i] > high[i + 2] ? high[i] : high[i + 2];
    }
    free(of.room);
    return 0;
}
