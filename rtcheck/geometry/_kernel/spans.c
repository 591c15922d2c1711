/* Loops on the nodes of a lattice, as spans of its rows: which loop is around each node, and which tiles a boundary
 * crosses (twin of filled_loops, nodes_shared and boundary_tiles in geometry/plane_field.py). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"

/* Where a loop crosses a row, left of the node `column`, upward or downward. */
typedef struct {
    int32_t row, column, loop, turn;
} Crossing;

typedef struct {
    Crossing *found;
    int64_t count, room;
} Crossings;

/* The nodes of a lattice that a loop's bounding box covers. */
typedef struct {
    int64_t row, column, rows, columns;
} Window;

static int window_of(const double *edges, int64_t n, const Lattice *lattice, Window *window) {
    double low_x = edges[0], high_x = low_x, low_y = edges[1], high_y = low_y, h = lattice->spacing;
    for (int64_t k = 1; k < n; k++) {
        double x = edges[4 * k], y = edges[4 * k + 1];
        low_x = x < low_x ? x : low_x, high_x = x > high_x ? x : high_x;
        low_y = y < low_y ? y : low_y, high_y = y > high_y ? y : high_y;
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

/* Adds where the edges (n, 4) of a loop cross the rows of nodes. */
static int64_t cross_rows(const double *edges, int64_t n, int32_t loop, const Lattice *lattice, Crossings *crossings) {
    Window window;
    if (!window_of(edges, n, lattice, &window)) return OFF_LATTICE;
    double h = lattice->spacing, first_row = (double)window.row, first_column = (double)window.column;
    for (const double *edge = edges; edge < edges + 4 * n; edge += 4) {
        double v0 = (edge[1] - lattice->y0) / h - first_row, v1 = (edge[3] - lattice->y0) / h - first_row;
        int64_t from = most(ceil_of(v0 < v1 ? v0 : v1), 0), to = least(ceil_of(v0 < v1 ? v1 : v0), window.rows);
        if (from >= to) continue;
        if (crossings->count + to - from > crossings->room) {
            int64_t room = 2 * crossings->room + to - from;
            Crossing *found = realloc(crossings->found, (size_t)room * sizeof *found);
            if (!found) return NO_MEMORY;
            crossings->found = found, crossings->room = room;
        }
        for (int64_t row = from; row < to; row++) {
            double fraction = ((double)row - v0) / (v1 - v0);
            double u = (edge[0] + fraction * (edge[2] - edge[0]) - lattice->x0) / h - first_column;
            int64_t column = window.column + most(0, least(ceil_of(u), window.columns));
            crossings->found[crossings->count++] =
                (Crossing){(int32_t)(window.row + row), (int32_t)column, loop, v1 > v0 ? -1 : 1};
        }
    }
    return 0;
}

/* Crossings by row, and in each row by column; `first` (rows + 1,) of each row. */
static void sort_crossings(const Crossings *crossings, int64_t rows, Crossing *sorted, int64_t *first) {
    memset(first, 0, (size_t)(rows + 1) * sizeof *first);
    for (int64_t k = 0; k < crossings->count; k++) first[crossings->found[k].row + 1]++;
    for (int64_t row = 0; row < rows; row++) first[row + 1] += first[row];
    for (int64_t k = 0; k < crossings->count; k++) {
        Crossing crossing = crossings->found[k];
        sorted[first[crossing.row]++] = crossing;
    }
    for (int64_t row = rows; row > 0; row--) first[row] = first[row - 1]; /* where the row before ended */
    first[0] = 0;
    for (int64_t row = 0; row < rows; row++)
        for (int64_t k = first[row] + 1; k < first[row + 1]; k++) {
            Crossing crossing = sorted[k];
            int64_t at = k;
            for (; at > first[row] && sorted[at - 1].column > crossing.column; at--) sorted[at] = sorted[at - 1];
            sorted[at] = crossing;
        }
}

static int add_span(Rows *rows, int32_t begin, int32_t end, int32_t loop) {
    if (rows->count == rows->room) {
        int64_t room = 2 * rows->room + 64;
        Span *spans = realloc(rows->spans, (size_t)room * sizeof *spans);
        if (!spans) return 0;
        rows->spans = spans, rows->room = room;
    }
    rows->spans[rows->count++] = (Span){begin, end, loop};
    return 1;
}

/* The loops around a place on a row: how often each winds, and those that do. */
typedef struct {
    const int32_t *depth, *number;
    int32_t *winding, *around;
    int64_t count;
} Around;

static void turn_around(Around *a, int32_t loop, int32_t turn) {
    int32_t before = a->winding[loop], after = before + turn;
    a->winding[loop] = after;
    if (!before && after) a->around[a->count++] = loop;
    if (before && !after)
        for (int64_t k = 0; k < a->count; k++)
            if (a->around[k] == loop) {
                a->around[k] = a->around[--a->count];
                break;
            }
}

/* The spans of one row: of each depth, and of what is inside. `open` (2, depths + 1) are those that have begun, and the
 * loops that are around now. */
static int spans_of_row(const Crossing *crossings, int64_t n, int64_t depths, Around *around, Span *open, Rows *rows) {
    Span *now = open + depths + 1;
    for (int64_t d = 0; d <= depths; d++) open[d].loop = NONE;
    for (int64_t k = 0; k < n;) {
        int32_t column = crossings[k].column;
        for (; k < n && crossings[k].column == column; k++) turn_around(around, crossings[k].loop, crossings[k].turn);
        for (int64_t d = 0; d <= depths; d++) now[d].loop = NONE;
        for (int64_t j = 0; j < around->count; j++) {
            int32_t depth = around->depth[around->around[j]], number = around->number[around->around[j]];
            if (number > now[depth].loop) now[depth].loop = number;
        }
        for (int64_t d = 0; d < depths; d++)
            if (now[d].loop != NONE) now[depths].loop = d % 2 ? NONE : 0;
        for (int64_t d = 0; d <= depths; d++) {
            if (now[d].loop == open[d].loop) continue;
            if (open[d].loop != NONE && !add_span(rows + d, open[d].begin, column, open[d].loop)) return 0;
            open[d].begin = column, open[d].loop = now[d].loop;
        }
    }
    return 1;
}

void rt_free_rows(Rows *rows) { free(rows->spans), free(rows->first); }

/* The loops of one plane on the rows of a lattice: `rows` (depths + 1,), empty before, become those of each depth, and of
 * what is inside: even depths, without the odd ones in them. Of `loops` loops, edges (starts (loops + 1,), 4), the number
 * of each among those of its `depth`; of several around one node of a depth the last is its owner. */
int64_t rt_spans(const double *edges, const int64_t *starts, int64_t loops, const int32_t *depth, const int32_t *number,
                 int64_t depths, const Lattice *lattice, Rows *rows) {
    Crossings crossings = {0};
    Around around = {depth, number, calloc((size_t)loops + 1, 4), malloc(((size_t)loops + 1) * 4), 0};
    Span *open = malloc((size_t)(2 * depths + 2) * sizeof *open);
    Crossing *sorted = NULL;
    int64_t *first = NULL, result = around.winding && around.around && open ? 0 : NO_MEMORY;
    for (int64_t loop = 0; !result && loop < loops; loop++)
        result = cross_rows(edges + 4 * starts[loop], starts[loop + 1] - starts[loop], (int32_t)loop, lattice, &crossings);
    if (!result) {
        sorted = malloc((size_t)(crossings.count + 1) * sizeof *sorted);
        first = malloc((size_t)(lattice->node_rows + 1) * sizeof *first);
        if (!sorted || !first) result = NO_MEMORY;
    }
    for (int64_t d = 0; !result && d <= depths; d++)
        if (!(rows[d].first = malloc((size_t)(lattice->node_rows + 1) * sizeof(int64_t)))) result = NO_MEMORY;
    if (!result) sort_crossings(&crossings, lattice->node_rows, sorted, first);
    for (int64_t row = 0; !result && row <= lattice->node_rows; row++) {
        for (int64_t d = 0; d <= depths; d++) rows[d].first[row] = rows[d].count;
        if (row < lattice->node_rows &&
            !spans_of_row(sorted + first[row], first[row + 1] - first[row], depths, &around, open, rows))
            result = NO_MEMORY;
    }
    free(crossings.found), free(around.winding), free(around.around), free(open), free(sorted), free(first);
    return result;
}

/* The first span of a row that ends beyond a node; they are ascending. */
static inline int64_t first_beyond(const Rows *rows, int64_t row, int32_t column) {
    int64_t low = rows->first[row], high = rows->first[row + 1];
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (rows->spans[middle].end > column) high = middle;
        else low = middle + 1;
    }
    return low;
}

/* The nodes of a tile around which a loop lies, or ANY loop, as bits. */
uint32_t rt_nodes_inside(const Rows *rows, const Lattice *lattice, int64_t tile, int32_t loop) {
    int64_t tile_columns = rt_tile_columns(lattice), row = tile / tile_columns * CELLS;
    int32_t column = (int32_t)(tile % tile_columns * CELLS);
    uint32_t inside = 0;
    for (int j = 0; j < SIDE; j++) {
        int64_t last = rows->first[row + j + 1];
        for (int64_t k = first_beyond(rows, row + j, column); k < last && rows->spans[k].begin < column + SIDE; k++) {
            int64_t from = most(rows->spans[k].begin - column, 0), to = least(rows->spans[k].end - column, SIDE);
            if (loop == ANY || loop == rows->spans[k].loop) inside |= ((1u << to) - (1u << from)) << SIDE * j;
        }
    }
    return inside;
}

/* Marks the loops of either rows that share nodes with a loop of the other, and counts the nodes in both. */
int64_t rt_shared(const Rows *some, const Rows *others, const Lattice *lattice, uint8_t *shared, uint8_t *others_shared) {
    int64_t nodes = 0;
    for (int64_t row = 0; row < lattice->node_rows; row++) {
        int64_t a = some->first[row], b = others->first[row];
        while (a < some->first[row + 1] && b < others->first[row + 1]) {
            const Span *one = some->spans + a, *other = others->spans + b;
            int64_t both = least(one->end, other->end) - most(one->begin, other->begin);
            if (both > 0) {
                nodes += both;
                if (shared) shared[one->loop] = 1;
                if (others_shared) others_shared[other->loop] = 1;
            }
            if (one->end < other->end) a++;
            else b++;
        }
    }
    return nodes;
}

int64_t rt_count_nodes(const Rows *rows) {
    int64_t nodes = 0;
    for (int64_t k = 0; k < rows->count; k++) nodes += rows->spans[k].end - rows->spans[k].begin;
    return nodes;
}

/* Adds to `nodes` (tile_columns,) how many of a row's nodes in one span each tile has. */
static void count_in_tiles(const Span *span, int64_t tile_columns, uint8_t *nodes) {
    int64_t begin = span->begin, end = span->end;
    int64_t first = most(begin - 1, 0) / CELLS, last = least((end - 1) / CELLS, tile_columns - 1);
    int64_t first_whole = (begin + CELLS - 1) / CELLS, last_whole = end >= SIDE ? (end - SIDE) / CELLS : -1;
    for (int64_t tile = first; tile <= last; tile++) {
        if (tile == first_whole && last_whole > tile) {
            for (; tile <= last_whole; tile++) nodes[tile] += SIDE;
            tile--;
            continue;
        }
        nodes[tile] += (uint8_t)(least(end, CELLS * tile + SIDE) - most(begin, CELLS * tile));
    }
}

/* Of each tile (tile_rows, tile_columns) whether it is OUTSIDE, INSIDE, or CROSSED by a boundary: some nodes are inside
 * and others not, or an edge (count, 4) begins in it. */
void rt_states(const Rows *inside, const double *edges, int64_t count, const Lattice *lattice, uint8_t *states) {
    int64_t tile_rows = (lattice->node_rows - 1) / CELLS, tile_columns = rt_tile_columns(lattice);
    memset(states, 0, (size_t)(tile_rows * tile_columns));
    for (int64_t tile_row = 0; tile_row < tile_rows; tile_row++) {
        uint8_t *of_row = states + tile_row * tile_columns;
        int64_t from = inside->first[tile_row * CELLS], to = inside->first[tile_row * CELLS + SIDE];
        if (from == to) continue;
        for (const Span *span = inside->spans + from; span < inside->spans + to; span++)
            count_in_tiles(span, tile_columns, of_row);
        for (int64_t tile = 0; tile < tile_columns; tile++)
            of_row[tile] = of_row[tile] == 0 ? OUTSIDE : of_row[tile] == NODES ? INSIDE : CROSSED;
    }
    double size = CELLS * lattice->spacing;
    for (int64_t k = 0; k < count; k++) {
        double column = floor((edges[4 * k] - lattice->x0) / size), row = floor((edges[4 * k + 1] - lattice->y0) / size);
        if (column >= 0 && row >= 0 && column < (double)tile_columns && row < (double)tile_rows)
            states[(int64_t)row * tile_columns + (int64_t)column] = CROSSED;
    }
}

/* The tiles, ascending, that a boundary crosses on either of two planes, or that are inside on one of them only. */
int64_t rt_boundary_tiles(const uint8_t *low, const uint8_t *high, int64_t tiles, int64_t *found) {
    int64_t count = 0;
    for (int64_t tile = 0; tile < tiles; tile++) {
        uint64_t some, others;
        if (tile + 8 <= tiles) { /* eight at once that are alike, inside or outside */
            memcpy(&some, low + tile, 8), memcpy(&others, high + tile, 8);
            if (some == others && !(some & 0x0101010101010101u * CROSSED)) {
                tile += 7;
                continue;
            }
        }
        if (low[tile] == CROSSED || high[tile] == CROSSED || low[tile] != high[tile]) found[count++] = tile;
    }
    return count;
}
