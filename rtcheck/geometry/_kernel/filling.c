/* Loops on the nodes of a lattice: which loop is around each node, and which tiles a boundary crosses. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define CELLS 4 /* per side of a tile */

static double signed_area(const double *points, int64_t n) {
    double twice = 0, x0 = points[0], y0 = points[1];
    for (int64_t k = 0; k < n; k++) {
        const double *here = points + 2 * k, *next = points + 2 * (k + 1 < n ? k + 1 : 0);
        twice += (here[0] - x0) * (next[1] - y0) - (next[0] - x0) * (here[1] - y0);
    }
    return twice / 2;
}

/* The nodes of a lattice that a loop's bounding box covers. */
typedef struct {
    int64_t row, column, rows, columns;
} Window;

static int window_of(const double *points, int64_t n, const Lattice *lattice, Window *window) {
    double low_x = points[0], high_x = low_x, low_y = points[1], high_y = low_y, h = lattice->spacing;
    for (int64_t k = 1; k < n; k++) {
        low_x = fmin(low_x, points[2 * k]), high_x = fmax(high_x, points[2 * k]);
        low_y = fmin(low_y, points[2 * k + 1]), high_y = fmax(high_y, points[2 * k + 1]);
    }
    double first_column = floor((low_x - lattice->x0) / h), last_column = ceil((high_x - lattice->x0) / h);
    double first_row = floor((low_y - lattice->y0) / h), last_row = ceil((high_y - lattice->y0) / h);
    if (!(first_column >= 0 && first_row >= 0 && last_column < (double)lattice->node_columns &&
          last_row < (double)lattice->node_rows))
        return 0;
    window->row = (int64_t)first_row, window->column = (int64_t)first_column;
    window->rows = (int64_t)last_row - window->row + 1, window->columns = (int64_t)last_column - window->column + 1;
    return 1;
}

/* Adds to `crossings` (rows, columns + 1) how often the edges of a loop cross each row left of each node. */
static void cross_rows(const double *points, int64_t n, const Lattice *lattice, const Window *window,
                       int32_t *crossings) {
    double h = lattice->spacing, first_row = (double)window->row, first_column = (double)window->column;
    for (int64_t k = 0; k < n; k++) {
        const double *start = points + 2 * k, *end = points + 2 * (k + 1 < n ? k + 1 : 0);
        double v0 = (start[1] - lattice->y0) / h - first_row, v1 = (end[1] - lattice->y0) / h - first_row;
        int64_t from = ceil_of(fmin(v0, v1)), to = ceil_of(fmax(v0, v1));
        for (int64_t row = most(from, 0); row < least(to, window->rows); row++) {
            double fraction = ((double)row - v0) / (v1 - v0);
            double u = (start[0] + fraction * (end[0] - start[0]) - lattice->x0) / h - first_column;
            int64_t column = most(0, least(ceil_of(u), window->columns));
            crossings[row * (window->columns + 1) + column] += v1 > v0 ? -1 : 1;
        }
    }
}

/* `turned` becomes the loops counter-clockwise, `areas` their areas, `owner` (node_rows, node_columns) the number from 1
 * of the last loop around each node. -1 where a loop leaves the lattice. */
int64_t rt_fill(const double *points, const int64_t *starts, int64_t loops, const Lattice *lattice, double *turned,
                double *areas, int32_t *owner) {
    memset(owner, 0, (size_t)(lattice->node_rows * lattice->node_columns) * sizeof(int32_t));
    for (int64_t loop = 0; loop < loops; loop++) {
        int64_t n = starts[loop + 1] - starts[loop];
        const double *from = points + 2 * starts[loop];
        double *to = turned + 2 * starts[loop], area = signed_area(from, n);
        areas[loop] = fabs(area);
        for (int64_t k = 0; k < n; k++) {
            int64_t source = area > 0 ? k : n - 1 - k;
            to[2 * k] = from[2 * source], to[2 * k + 1] = from[2 * source + 1];
        }
        Window window;
        if (!window_of(to, n, lattice, &window)) return -1;
        int32_t *crossings = calloc((size_t)(window.rows * (window.columns + 1)), sizeof(int32_t));
        if (!crossings) return NO_MEMORY;
        cross_rows(to, n, lattice, &window, crossings);
        for (int64_t row = 0; row < window.rows; row++) {
            int32_t *of_row = owner + (window.row + row) * lattice->node_columns + window.column, winding = 0;
            const int32_t *crossed = crossings + row * (window.columns + 1);
            for (int64_t column = 0; column < window.columns; column++) {
                winding += crossed[column];
                if (winding) of_row[column] = (int32_t)(loop + 1);
            }
        }
        free(crossings);
    }
    return 0;
}

/* Sets `shared` (loops,) of the loops of `owner` that share nodes with any loop of `other`, `own` of those with any node.
 */
int64_t rt_shared_nodes(const int32_t *owner, const int32_t *other, int64_t nodes, int64_t loops, uint8_t *shared,
                        uint8_t *own) {
    int64_t missing = loops;
    for (int64_t n = 0; missing && n < nodes; n++) {
        if (owner[n] < 1 || owner[n] > loops) continue;
        own[owner[n] - 1] = 1;
        if (other[n] < 1 || shared[owner[n] - 1]) continue;
        shared[owner[n] - 1] = 1;
        missing--;
    }
    return 0;
}

/* Marks in `tiles` (tile_rows, tile_columns) those with a cell that is not wholly inside, or wholly outside, on both of
 * two planes. */
int64_t rt_boundary_tiles(const uint8_t *low, const uint8_t *high, const Lattice *lattice, uint8_t *tiles) {
    int64_t width = lattice->node_columns, tile_columns = (width - 1) / CELLS;
    uint8_t *crossed = malloc((size_t)width);
    if (!crossed) return NO_MEMORY;
    for (int64_t tile_row = 0; tile_row < (lattice->node_rows - 1) / CELLS; tile_row++) {
        memset(crossed, 0, (size_t)width);
        for (int64_t row = tile_row * CELLS; row < (tile_row + 1) * CELLS; row++) {
            const uint8_t *a = low + row * width, *b = high + row * width, *c = a + width, *d = b + width;
            for (int64_t i = 0; i < width - 1; i++) {
                uint8_t some = a[i] | b[i] | c[i] | d[i] | a[i + 1] | b[i + 1] | c[i + 1] | d[i + 1];
                uint8_t every = a[i] & b[i] & c[i] & d[i] & a[i + 1] & b[i + 1] & c[i + 1] & d[i + 1];
                crossed[i] |= some ^ every;
            }
        }
        for (int64_t i = 0; i < width - 1; i++) tiles[tile_row * tile_columns + i / CELLS] |= crossed[i];
    }
    free(crossed);
    return 0;
}

/* Marks in `tiles` (tile_rows, tile_columns) those in which an edge x0, y0, x1, y1 (count, 4) begins. */
void rt_tiles_of_points(const double *edges, int64_t count, const Lattice *lattice, uint8_t *tiles) {
    int64_t rows = (lattice->node_rows - 1) / CELLS, columns = (lattice->node_columns - 1) / CELLS;
    double size = CELLS * lattice->spacing;
    for (int64_t k = 0; k < count; k++) {
        double column = floor((edges[4 * k] - lattice->x0) / size), row = floor((edges[4 * k + 1] - lattice->y0) / size);
        if (column >= 0 && row >= 0 && column < (double)columns && row < (double)rows)
            tiles[(int64_t)row * columns + (int64_t)column] = 1;
    }
}
