/* Fields between two planes, layer by layer, and the edges around where they are negative (twin of
 * geometry/between_planes.py and layering.py). Tile by tile: all layers of one, while its fields are near. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"

#define Z_TOLERANCE 1e-6
#define ROW_OF_NODES 0x1fu
#define COLUMN_OF_NODES 0x108421u

/* The mean of a field over a layer, by its arrays a, b and c: between planes theirs and the curvature; beyond one its own,
 * slope and bend. */
static Weights weights_of(const Form *form, double low, double high) {
    if (form->kind == BETWEEN) {
        double z = form->z[1], end = form->z[2];
        double gap = end - z, middle = ((low + high) / 2 - z) / gap, part = (high - low) / gap;
        double bow = (middle * (1 - middle) - part * part / 12) * (gap * gap);
        return (Weights){z - Z_TOLERANCE <= low && high <= end + Z_TOLERANCE, 1 - middle, middle, bow};
    }
    double z = form->z[0], one = fabs(low - z), other = fabs(high - z);
    double near = one < other ? one : other, far = one < other ? other : one;
    double outward = (near + far) / 2, squared = outward * outward + (far - near) * (far - near) / 12;
    double inner_gap = form->fields[1] ? fabs(z - form->z[1]) : 0;
    double first = z < form->reach ? z : form->reach, last = z < form->reach ? form->reach : z;
    return (Weights){first - Z_TOLERANCE <= low && high <= last + Z_TOLERANCE, 1, outward, squared + outward * inner_gap};
}

/* The second divided difference of the fields of three planes at a tile's nodes. */
static inline void second_difference(const double *const *g, const double *z, double *restrict found) {
    double first = 1 / (z[1] - z[0]), second = 1 / (z[2] - z[1]), whole = 1 / (z[2] - z[0]);
    for (int n = 0; n < NODES; n++) found[n] = ((g[2][n] - g[1][n]) * second - (g[1][n] - g[0][n]) * first) * whole;
}

/* The milder of two curvatures at a tile's nodes. */
WIDE static void bend_between(const double *const *g, const double *z, double *restrict curvature) {
    double other[NODES];
    if (g[0]) second_difference(g, z, curvature);
    else if (g[3]) second_difference(g + 1, z + 1, curvature);
    else
        for (int n = 0; n < NODES; n++) curvature[n] = 0;
    if (!g[0] || !g[3]) return;
    second_difference(g + 1, z + 1, other);
    for (int n = 0; n < NODES; n++) {
        double milder = fabs(curvature[n]) < fabs(other[n]) ? curvature[n] : other[n];
        curvature[n] = curvature[n] * other[n] > 0 ? milder : 0;
    }
}

/* The slope and the bend beyond a plane at a tile's nodes. */
WIDE static void bend_beyond(const double *const *g, const double *z, double *restrict slope, double *restrict bend) {
    double gap = fabs(z[0] - z[1]);
    for (int n = 0; n < NODES; n++) slope[n] = bend[n] = 0;
    if (g[1])
        for (int n = 0; n < NODES; n++) slope[n] = (g[0][n] - g[1][n]) / gap;
    if (g[1] && g[2]) second_difference(g, z, bend);
}

/* The lower of `field`, which may be the first, and of the mean of a form over a layer. */
WIDE static void lower_mean(int kind, const Weights *w, const double *const *fields, const double *bends, int is_first,
                            double *restrict field) {
    const double *a = fields[0], *b = fields[1], *c = bends, *d = bends + NODES;
    double of_a = w->a, of_b = w->b, of_c = w->c, mean[NODES];
    if (kind == BETWEEN)
        for (int n = 0; n < NODES; n++) mean[n] = of_a * a[n] + of_b * b[n] - c[n] * of_c;
    else
        for (int n = 0; n < NODES; n++) {
            double change = of_b * c[n] + of_c * d[n];
            mean[n] = a[n] + (change > 0 ? change : 0);
        }
    if (is_first)
        for (int n = 0; n < NODES; n++) field[n] = mean[n];
    else
        for (int n = 0; n < NODES; n++) field[n] = mean[n] < field[n] ? mean[n] : field[n];
}

/* The field of all depths at a tile over one layer: negative inside an outer loop, outside its holes, in an island ... */
WIDE static void combine(const Sheet *sheet, const Zone *zone, int64_t layer, double *restrict field) {
    const Forms *forms = zone->forms;
    double of_depth[NODES], level = zone->level;
    for (int n = 0; n < NODES; n++) field[n] = INFINITY;
    for (int64_t which = 0, depth = 0; which < forms->count; depth++) {
        int found = 0;
        for (; which < forms->count && forms->forms[which].depth == depth; which++) {
            const Weights *weights = sheet->weights + which * zone->layers + layer;
            if (weights->covers)
                lower_mean(forms->forms[which].kind, weights, sheet->fields + 2 * which, sheet->bends + 2 * NODES * which,
                           !found++, of_depth);
        }
        if (!found) return;
        if (depth == 0)
            for (int n = 0; n < NODES; n++) field[n] = of_depth[n] - level;
        else if (depth % 2)
            for (int n = 0; n < NODES; n++) field[n] = level - of_depth[n] > field[n] ? level - of_depth[n] : field[n];
        else
            for (int n = 0; n < NODES; n++) field[n] = of_depth[n] - level < field[n] ? of_depth[n] - level : field[n];
    }
}

/* What the forms are made of at a tile. */
static int64_t bend(Sheet *sheet, const Forms *forms, int64_t tile) {
    for (int64_t which = 0; which < forms->count; which++) {
        const Form *form = forms->forms + which;
        const double *g[4] = {NULL, NULL, NULL, NULL};
        double *bends = sheet->bends + 2 * NODES * which;
        for (int k = 0; k < 4; k++)
            if (form->fields[k] && !(g[k] = rt_values(form->fields[k], tile))) return NO_MEMORY;
        if (form->kind == BETWEEN) bend_between(g, form->z, bends);
        else bend_beyond(g, form->z, bends, bends + NODES);
        sheet->fields[2 * which] = g[form->kind == BETWEEN], sheet->fields[2 * which + 1] = g[2];
    }
    return 0;
}

/* Which nodes of a tile are the lattice's outermost, as bits. */
static uint32_t rim_of(const Lattice *lattice, int64_t tile) {
    int64_t rows = (lattice->node_rows - 1) / CELLS, columns = rt_tile_columns(lattice);
    int64_t row = tile / columns, column = tile % columns;
    return (row == 0 ? ROW_OF_NODES : 0) | (row == rows - 1 ? ROW_OF_NODES << CELLS * SIDE : 0) |
           (column == 0 ? COLUMN_OF_NODES : 0) | (column == columns - 1 ? COLUMN_OF_NODES << CELLS : 0);
}

static int64_t make_room(Sheet *sheet, int64_t layers) {
    if (sheet->count == sheet->room) {
        size_t room = (size_t)(2 * sheet->room + 64);
        int64_t *tiles = realloc(sheet->tiles, room * 8);
        if (tiles) sheet->tiles = tiles;
        int64_t *since = realloc(sheet->since, room * 8);
        if (since) sheet->since = since;
        int64_t *order = realloc(sheet->order, room * 8);
        if (order) sheet->order = order;
        uint32_t *inside = realloc(sheet->inside, room * 4);
        if (inside) sheet->inside = inside;
        if (!tiles || !since || !order || !inside) return NO_MEMORY;
        sheet->room = (int64_t)room;
    }
    if ((sheet->count + 1) * layers > sheet->room_of_values) {
        size_t room = (size_t)(2 * sheet->room_of_values + 64 * layers);
        double *values = realloc(sheet->values, room * NODES * sizeof *values);
        if (values) sheet->values = values;
        uint32_t *negative = realloc(sheet->negative, room * sizeof *negative);
        if (negative) sheet->negative = negative;
        if (!values || !negative) return NO_MEMORY;
        sheet->room_of_values = (int64_t)room;
    }
    return 0;
}

/* One more tile, with its field over the layers from `since` on. */
static int64_t add_tile(Sheet *sheet, const Zone *zone, int64_t tile, int64_t since) {
    int64_t result = make_room(sheet, zone->layers), at = sheet->count;
    if (!result) result = bend(sheet, zone->forms, tile);
    if (result) return result;
    uint32_t low = zone->low ? rt_nodes_inside(zone->low, zone->lattice, tile, ANY) : 0;
    uint32_t rim = rim_of(zone->lattice, tile), high = zone->high ? rt_nodes_inside(zone->high, zone->lattice, tile, ANY) : 0;
    sheet->tiles[at] = tile, sheet->since[at] = since, sheet->order[at] = at, sheet->inside[at] = low & high;
    for (int64_t layer = since; layer < zone->layers; layer++) {
        double *field = sheet->values + NODES * (at * zone->layers + layer);
        combine(sheet, zone, layer, field);
        for (int n = 0; rim && n < NODES; n++)
            if (rim >> n & 1 && field[n] < 0) field[n] = 0; /* nothing crosses it */
        sheet->negative[at * zone->layers + layer] = rt_negative_nodes(field);
    }
    sheet->place[tile] = (int32_t)at, sheet->count++;
    return 0;
}

int64_t rt_open_sheet(Sheet *sheet, const Lattice *lattice) {
    size_t tiles = (size_t)rt_tiles(lattice);
    *sheet = (Sheet){0};
    sheet->place = malloc(tiles * sizeof *sheet->place);
    if (!sheet->place) return NO_MEMORY;
    memset(sheet->place, 0xff, tiles * sizeof *sheet->place); /* NONE */
    return 0;
}

void rt_close_sheet(Sheet *sheet) {
    free(sheet->tiles), free(sheet->since), free(sheet->order), free(sheet->place), free(sheet->inside);
    free(sheet->negative), free(sheet->values), free(sheet->weights), free(sheet->bends);
    free((void *)sheet->fields), free(sheet->saddles);
}

/* An empty sheet for a zone. */
static int64_t begin_zone(Sheet *sheet, const Zone *zone) {
    int64_t forms = zone->forms->count;
    for (int64_t k = 0; k < sheet->count; k++) sheet->place[sheet->tiles[k]] = NONE;
    sheet->count = 0;
    if (forms > sheet->room_of_forms) {
        double *bends = realloc(sheet->bends, (size_t)forms * 2 * NODES * sizeof *bends);
        if (bends) sheet->bends = bends;
        const double **fields = realloc((void *)sheet->fields, (size_t)forms * 2 * sizeof *fields);
        if (fields) sheet->fields = fields;
        if (!bends || !fields) return NO_MEMORY;
        sheet->room_of_forms = forms;
    }
    if (forms * zone->layers > sheet->room_of_weights) {
        Weights *weights = realloc(sheet->weights, (size_t)(forms * zone->layers) * sizeof *weights);
        if (!weights) return NO_MEMORY;
        sheet->weights = weights, sheet->room_of_weights = forms * zone->layers;
    }
    for (int64_t which = 0; which < forms; which++)
        for (int64_t layer = 0; layer < zone->layers; layer++)
            sheet->weights[which * zone->layers + layer] =
                weights_of(zone->forms->forms + which, zone->faces[layer], zone->faces[layer + 1]);
    return 0;
}

/* Adds the missing tiles into which the zero level of a layer runs on: elsewhere what is inside on both planes is inside,
 * and the nodes that a tile has in common with a missing one tell whether that holds there. */
static int64_t spread(Sheet *sheet, const Zone *zone, int64_t layer) {
    const int64_t steps[4] = {-rt_tile_columns(zone->lattice), rt_tile_columns(zone->lattice), -1, 1};
    const uint32_t sides[4] = {ROW_OF_NODES, ROW_OF_NODES << CELLS * SIDE, COLUMN_OF_NODES, COLUMN_OF_NODES << CELLS};
    for (int64_t at = 0; at < sheet->count; at++) {
        uint32_t differs = sheet->negative[at * zone->layers + layer] ^ sheet->inside[at];
        for (int side = 0; differs && side < 4; side++) {
            int64_t next = sheet->tiles[at] + steps[side];
            if (!(differs & sides[side])) continue;
            if (next < 0 || next >= rt_tiles(zone->lattice)) return OFF_LATTICE;
            if (sheet->place[next] != NONE) continue;
            int64_t result = add_tile(sheet, zone, next, layer);
            if (result) return result;
        }
    }
    return 0;
}

/* Edges around where the field of a layer is negative, in the order of `rt_zero_level`. */
static int64_t trace(Sheet *sheet, const Zone *zone, int64_t layer, Edges *made) {
    int64_t found = 0, result = 0;
    for (int64_t k = 0; !result && k < sheet->count; k++) {
        int64_t at = sheet->order[k], which = at * zone->layers + layer;
        if (sheet->since[at] > layer || !sheet->negative[which] || sheet->negative[which] == ALL_NODES) continue;
        if (found + CELLS * CELLS > sheet->room_of_saddles) {
            int64_t room = 2 * sheet->room_of_saddles + CELLS * CELLS;
            int64_t *saddles = realloc(sheet->saddles, (size_t)room * sizeof *saddles);
            if (!saddles) return NO_MEMORY;
            sheet->saddles = saddles, sheet->room_of_saddles = room;
        }
        result = rt_march(sheet->values + NODES * which, sheet->negative[which], zone->lattice, sheet->tiles[at], which, made,
                       sheet->saddles, &found);
    }
    if (!result) result = rt_make_room_for(made, 2 * found);
    for (int64_t k = 0; !result && k < 2 * found; k++) {
        int64_t saddle = sheet->saddles[k % found], which = saddle / NODES;
        rt_march_saddle(sheet->values + NODES * which, zone->lattice, sheet->tiles[which / zone->layers],
                     (int)(saddle % NODES), k >= found, made);
    }
    return result;
}

typedef struct {
    int64_t tile, at;
} Placed;

static int by_tile(const void *a, const void *b) {
    const Placed *x = a, *y = b;
    return (x->tile > y->tile) - (x->tile < y->tile);
}

/* The tiles in ascending order; the first `count` are. */
static int64_t sort_tiles(Sheet *sheet, int64_t count) {
    if (sheet->count == count) return 0;
    Placed *placed = malloc((size_t)sheet->count * sizeof *placed);
    if (!placed) return NO_MEMORY;
    for (int64_t k = 0; k < sheet->count; k++) placed[k] = (Placed){sheet->tiles[k], k};
    qsort(placed, (size_t)sheet->count, sizeof *placed, by_tile);
    for (int64_t k = 0; k < sheet->count; k++) sheet->order[k] = placed[k].at;
    free(placed);
    return 0;
}

/* The lowest of the field over the first layer of a zone on some tiles, INFINITY without any. */
int64_t rt_lowest(Sheet *sheet, const Zone *zone, const int64_t *tiles, int64_t count, double *lowest) {
    int64_t result = begin_zone(sheet, zone);
    *lowest = INFINITY;
    for (int64_t k = 0; !result && k < count; k++) {
        double field[NODES];
        result = bend(sheet, zone->forms, tiles[k]);
        if (!result) combine(sheet, zone, 0, field);
        for (int n = 0; !result && n < NODES; n++) *lowest = field[n] < *lowest ? field[n] : *lowest;
    }
    return result;
}

/* Adds the edges of all layers of a zone, on `tiles` (ascending) and those to which they run on, and how many each has.
 * 0, or OFF_LATTICE where the zero level runs off the lattice. */
int64_t rt_zone(Sheet *sheet, const Zone *zone, const int64_t *tiles, int64_t count, Edges *made, int64_t *counts) {
    int64_t result = begin_zone(sheet, zone);
    for (int64_t k = 0; !result && k < count; k++) result = add_tile(sheet, zone, tiles[k], 0);
    for (int64_t layer = 0; !result && layer < zone->layers; layer++) result = spread(sheet, zone, layer);
    if (!result) result = sort_tiles(sheet, count);
    for (int64_t layer = 0; !result && layer < zone->layers; layer++) {
        int64_t before = made->count;
        result = trace(sheet, zone, layer, made);
        counts[layer] = made->count - before;
    }
    return result;
}
