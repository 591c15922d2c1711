/* What the files of the interpolated shape share: rows of nodes (spans.c), fields of planes (distances.c), layers
 * between planes (layering.c) and their edges (marching.c); interpolating.c puts them together. */
#ifndef RTCHECK_FIELDS_H
#define RTCHECK_FIELDS_H

#include "kernel.h"

#define CELLS 4 /* per side of a tile */
#define SIDE (CELLS + 1)
#define NODES (SIDE * SIDE) /* of a tile */
#define NONE (-1)
#define ANY (-1)
#define OFF_LATTICE (-1)
#define NO_ROOM (-1)

#define ALL_NODES ((1u << NODES) - 1) /* of a tile, as bits */

/* One bit a node, in numbers as wide as a double: vectors pick by them. */
static const int64_t NODE_BITS[NODES] = {
    1,       1 << 1,  1 << 2,  1 << 3,  1 << 4,  1 << 5,  1 << 6,  1 << 7,  1 << 8,  1 << 9,  1 << 10, 1 << 11, 1 << 12,
    1 << 13, 1 << 14, 1 << 15, 1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20, 1 << 21, 1 << 22, 1 << 23, 1 << 24,
};

static inline int64_t rt_tile_columns(const Lattice *lattice) { return (lattice->node_columns - 1) / CELLS; }
static inline int64_t rt_tiles(const Lattice *lattice) {
    return (lattice->node_rows - 1) / CELLS * rt_tile_columns(lattice);
}

/* The nodes begin..end - 1 of a row lie in a loop. */
typedef struct {
    int32_t begin, end, loop;
} Span;

/* The spans of all rows, ascending, none in another; `first` (node_rows + 1,) of each row. */
typedef struct {
    Span *spans;
    int64_t *first, count, room;
} Rows;

enum { OUTSIDE, INSIDE, CROSSED }; /* a tile; CROSSED is a bit that the others lack */

int64_t rt_spans(const double *edges, const int64_t *starts, int64_t loops, const int32_t *depth, const int32_t *number,
                 int64_t depths, const Lattice *lattice, Rows *rows);
void rt_free_rows(Rows *rows);
uint32_t rt_nodes_inside(const Rows *rows, const Lattice *lattice, int64_t tile, int32_t loop);
int64_t rt_shared(const Rows *some, const Rows *others, const Lattice *lattice, uint8_t *shared, uint8_t *others_shared);
int64_t rt_count_nodes(const Rows *rows);
void rt_states(const Rows *inside, const double *edges, int64_t count, const Lattice *lattice, uint8_t *states);
int64_t rt_boundary_tiles(const uint8_t *low, const uint8_t *high, int64_t tiles, int64_t *found);

/* The field of some loops of a plane, with what was computed of it (distances.c). */
typedef struct Field Field;

Field *rt_field(const double *edges, const int64_t *starts, const int64_t *chosen, int64_t count, const double *radius,
                const int32_t *number, const Rows *owner, const Lattice *lattice);
void rt_free_field(Field *field);
const double *rt_values(Field *field, int64_t tile);

/* Where edges x0, y0, x1, y1 are gathered; more room is made where it `grows`. */
typedef struct {
    double *edges;
    int64_t count, room;
    int grows;
} Edges;

uint32_t rt_negative_nodes(const double *values);
int64_t rt_make_room_for(Edges *made, int64_t count);
int64_t rt_march(const double *values, uint32_t negative, const Lattice *lattice, int64_t tile, int64_t which, Edges *made,
                 int64_t *saddles, int64_t *found);
void rt_march_saddle(const double *values, const Lattice *lattice, int64_t tile, int node, int second, Edges *made);

/* What a field between planes, or beyond one, is made of: fields and their z. BETWEEN: of the planes below, low, high and
 * above, of which the outer ones may lack. BEYOND: of the end and the next two inward, which may lack; it reaches up or
 * down to `reach`. */
enum { BETWEEN, BEYOND };
typedef struct {
    int kind;
    int64_t depth;
    Field *fields[4];
    double z[4], reach;
} Form;

typedef struct {
    Form *forms; /* ascending in depth */
    int64_t count, room;
} Forms;

/* The layers of a zone between `faces` (layers + 1,), with the surface at `level`; `low` and `high` are what is inside on
 * either plane, NULL without one. */
typedef struct {
    const Lattice *lattice;
    const Forms *forms;
    const double *faces;
    int64_t layers;
    double level;
    const Rows *low, *high;
} Zone;

/* What a form adds to a layer: nothing where it does not cover it, else its arrays times these weights. */
typedef struct {
    int covers;
    double a, b, c;
} Weights;

/* The tiles of a zone, ascending in `order`, and what is computed on them; the room is kept from zone to zone. `since` is
 * the first layer for which a tile was needed. Of each tile and layer the `values` at its nodes, and which are `negative`.
 */
typedef struct {
    int64_t *tiles, *since, *order, count;
    int32_t *place; /* of each tile of the lattice among these, or NONE */
    uint32_t *inside, *negative;
    double *values;
    Weights *weights;         /* (forms, layers) */
    double *bends;            /* (forms, 2, NODES) */
    const double **fields;    /* (forms, 2) */
    int64_t *saddles;
    int64_t room, room_of_values, room_of_weights, room_of_forms, room_of_saddles;
} Sheet;

int64_t rt_open_sheet(Sheet *sheet, const Lattice *lattice);
void rt_close_sheet(Sheet *sheet);
int64_t rt_zone(Sheet *sheet, const Zone *zone, const int64_t *tiles, int64_t count, Edges *made, int64_t *counts);
int64_t rt_lowest(Sheet *sheet, const Zone *zone, const int64_t *tiles, int64_t count, double *lowest);

#endif
