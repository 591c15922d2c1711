/* The edges around where a field on a lattice's tiles is negative: marching squares (twin of geometry/level_set.py). */
#include <stdlib.h>

#include "fields.h"

#define CELL_NODES 0x0007bdefu /* the nodes with the lowest x and y of a tile's cells, as bits */

/* Which nodes of a tile have a negative value, as bits. */
WIDE uint32_t rt_negative_nodes(const double *values) {
    int64_t bits = 0;
    for (int n = 0; n < NODES; n++) bits |= values[n] < 0 ? NODE_BITS[n] : 0;
    return (uint32_t)bits;
}

/* The corners of a cell inside, as bits counter-clockwise from low x, low y: the sides by which the edge leaves it and
 * enters it again, numbered alike; none where no side is crossed, or all are. */
static const int8_t LEAVES[16] = {NONE, 0, 1, 1, 2, NONE, 2, 2, 3, 0, NONE, 1, 3, 0, 3, NONE};
static const int8_t ENTERS[16] = {NONE, 3, 0, 3, 1, NONE, 0, 3, 2, 2, NONE, 2, 1, 1, 0, NONE};

/* Where a side of a cell is crossed. */
static inline void cross(const double *corner, const double *x, const double *y, int side, double h, double *point) {
    double a = corner[0], b = corner[1], c = corner[SIDE + 1], d = corner[SIDE];
    switch (side) {
    case 0: point[0] = x[0] + h * (a / (a - b)), point[1] = y[0]; break;
    case 1: point[0] = x[1], point[1] = y[0] + h * (b / (b - c)); break;
    case 2: point[0] = x[0] + h * (d / (d - c)), point[1] = y[1]; break;
    default: point[0] = x[0], point[1] = y[0] + h * (a / (a - d));
    }
}

typedef struct {
    double x[SIDE], y[SIDE], h;
} Corners;

static void corners_of(const Lattice *lattice, int64_t tile, Corners *corners) {
    int64_t row = tile / rt_tile_columns(lattice) * CELLS, column = tile % rt_tile_columns(lattice) * CELLS;
    corners->h = lattice->spacing;
    for (int k = 0; k < SIDE; k++) {
        corners->x[k] = lattice->x0 + corners->h * (double)(column + k);
        corners->y[k] = lattice->y0 + corners->h * (double)(row + k);
    }
}

/* The edge of the cell at a node from one side to another; there is room for it. */
static inline void add_edge(Edges *made, const double *values, const Corners *corners, int node, int from, int to) {
    double *edge = made->edges + 4 * made->count;
    const double *x = corners->x + node % SIDE, *y = corners->y + node / SIDE;
    cross(values + node, x, y, from, corners->h, edge), cross(values + node, x, y, to, corners->h, edge + 2);
    made->count += edge[0] != edge[2] || edge[1] != edge[3];
}

static int corners_inside(uint32_t negative, int node) {
    uint32_t of = negative >> node;
    return (int)((of & 3u) | (of >> SIDE & 2u) << 1 | (of >> SIDE & 1u) << 3);
}

int64_t rt_make_room_for(Edges *made, int64_t count) {
    if (made->room - made->count >= count) return 0;
    if (!made->grows) return NO_ROOM;
    int64_t room = 2 * made->room + count;
    double *edges = realloc(made->edges, (size_t)room * 4 * sizeof *edges);
    if (!edges) return NO_MEMORY;
    made->edges = edges, made->room = room;
    return 0;
}

/* The edges of a tile's plain cells; saddles are kept as `which` * NODES + node. */
int64_t rt_march(const double *values, uint32_t negative, const Lattice *lattice, int64_t tile, int64_t which,
                     Edges *made, int64_t *saddles, int64_t *found) {
    uint32_t some = negative | negative >> 1, every = negative & negative >> 1;
    some |= some >> SIDE, every &= every >> SIDE;
    int64_t result = rt_make_room_for(made, CELLS * CELLS);
    Corners corners;
    if (result) return result;
    corners_of(lattice, tile, &corners);
    for (uint32_t cells = some & ~every & CELL_NODES; cells; cells &= cells - 1) {
        int node = __builtin_ctz(cells), inside = corners_inside(negative, node);
        if (LEAVES[inside] == NONE) saddles[(*found)++] = which * NODES + node;
        else add_edge(made, values, &corners, node, LEAVES[inside], ENTERS[inside]);
    }
    return 0;
}

/* One of the two edges of a saddle. */
void rt_march_saddle(const double *values, const Lattice *lattice, int64_t tile, int node, int second, Edges *made) {
    const double *corner = values + node;
    double middle = (((corner[0] + corner[1]) + corner[SIDE + 1]) + corner[SIDE]) / 4;
    int turn = middle < 0 ? 1 : 3, from = corner[0] < 0 ? 0 : 1; /* leaving sides are 0 and 2, or 1 and 3 */
    Corners corners;
    corners_of(lattice, tile, &corners);
    from = (from + 2 * second) % 4;
    add_edge(made, values, &corners, node, from, (from + turn) % 4);
}

/* Edges around where `field` (tiles, 25) is negative: first those of plain cells, then one of each saddle, then the
 * other. How many, or NO_ROOM where there is no room for them. */
int64_t rt_zero_level(const double *field, const Lattice *lattice, const int64_t *tiles, int64_t count, double *edges,
                      int64_t room) {
    int64_t *saddles = malloc((size_t)(count * CELLS * CELLS + 1) * sizeof(int64_t)), found = 0, result = 0;
    Edges made = {edges, 0, room, 0};
    if (!saddles) return NO_MEMORY;
    for (int64_t t = 0; !result && t < count; t++) {
        uint32_t negative = rt_negative_nodes(field + NODES * t);
        if (negative && negative != ALL_NODES)
            result = rt_march(field + NODES * t, negative, lattice, tiles[t], t, &made, saddles, &found);
    }
    if (!result) result = rt_make_room_for(&made, 2 * found);
    for (int64_t k = 0; !result && k < 2 * found; k++) {
        int64_t saddle = saddles[k % found], t = saddle / NODES;
        rt_march_saddle(field + NODES * t, lattice, tiles[t], (int)(saddle % NODES), k >= found, &made);
    }
    free(saddles);
    return result ? result : made.count;
}
