/* Fields between two planes, layer by layer, and the edges around where they are negative (marching squares). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define CELLS 4
#define SIDE (CELLS + 1)
#define NODES (SIDE * SIDE)
#define Z_TOLERANCE 1e-6

/* Where edges x0, y0, x1, y1 are gathered. */
typedef struct {
    double *edges;
    int64_t count, room;
} Edges;

/* A cell of a tile: its corners' values counter-clockwise from low x, low y, and where the sides are crossed. */
typedef struct {
    double value[4], x[4], y[4];
    int inside[4];
} Cell;

static void cell_of(const double *field, const Lattice *lattice, int64_t tile, int64_t row, int64_t column, Cell *cell) {
    int64_t tile_columns = (lattice->node_columns - 1) / CELLS;
    const double *corner = field + row * SIDE + column;
    double a = corner[0], b = corner[1], c = corner[SIDE + 1], d = corner[SIDE], h = lattice->spacing;
    int64_t node_row = tile / tile_columns * CELLS + row, node_column = tile % tile_columns * CELLS + column;
    double low_x = lattice->x0 + h * (double)node_column, high_x = lattice->x0 + h * (double)(node_column + 1);
    double low_y = lattice->y0 + h * (double)node_row, high_y = lattice->y0 + h * (double)(node_row + 1);
    cell->value[0] = a, cell->value[1] = b, cell->value[2] = c, cell->value[3] = d;
    for (int k = 0; k < 4; k++) cell->inside[k] = cell->value[k] < 0;
    cell->x[0] = low_x + h * (a / (a - b)), cell->y[0] = low_y;
    cell->x[1] = high_x, cell->y[1] = low_y + h * (b / (b - c));
    cell->x[2] = low_x + h * (d / (d - c)), cell->y[2] = high_y;
    cell->x[3] = low_x, cell->y[3] = low_y + h * (a / (a - d));
}

static void add_edge(Edges *made, const Cell *cell, int from, int to) {
    if (cell->x[from] == cell->x[to] && cell->y[from] == cell->y[to]) return;
    double *edge = made->edges + 4 * made->count++;
    edge[0] = cell->x[from], edge[1] = cell->y[from], edge[2] = cell->x[to], edge[3] = cell->y[to];
}

/* The edges of a cell's zero level: 1 where it has one, 2 where the cell is a saddle (then none is added yet). */
static int march(Edges *made, const Cell *cell) {
    int from = -1, to = -1, count = 0;
    for (int k = 3; k >= 0; k--) {
        int here = cell->inside[k], next = cell->inside[(k + 1) % 4];
        if (here && !next) from = k, count++;
        if (!here && next) to = k;
    }
    if (count == 1) add_edge(made, cell, from, to);
    return count;
}

/* One of the two edges of a saddle. */
static void march_saddle(Edges *made, const Cell *cell, int second) {
    double middle = (((cell->value[0] + cell->value[1]) + cell->value[2]) + cell->value[3]) / 4;
    int turn = middle < 0 ? 1 : 3, from = cell->inside[0] ? 0 : 1; /* leaving sides are 0 and 2, or 1 and 3 */
    from = (from + 2 * second) % 4;
    add_edge(made, cell, from, (from + turn) % 4);
}

/* Edges around where `field` (tiles, 25) is negative: first those of plain cells, then one of each saddle, then the
 * other. `saddles` has room for one number a cell. -1 where there is no room. */
static int64_t zero_level(const double *field, const Lattice *lattice, const int64_t *tiles, int64_t count,
                          int64_t *saddles, Edges *made) {
    int64_t found = 0;
    for (int64_t t = 0; t < count; t++) {
        const double *of_tile = field + NODES * t;
        uint32_t inside = 0;
        for (int n = 0; n < NODES; n++) inside |= (uint32_t)(of_tile[n] < 0) << n;
        if (!inside || inside == (1u << NODES) - 1) continue;
        if (made->room - made->count < CELLS * CELLS) return -1;
        for (int64_t row = 0; row < CELLS; row++)
            for (int64_t column = 0; column < CELLS; column++) {
                uint32_t corners = inside >> (row * SIDE + column) & (3u | 3u << SIDE);
                if (!corners || corners == (3u | 3u << SIDE)) continue;
                Cell cell;
                cell_of(of_tile, lattice, tiles[t], row, column, &cell);
                if (march(made, &cell) == 2) saddles[found++] = (t * CELLS + row) * CELLS + column;
            }
    }
    if (made->room - made->count < 2 * found) return -1;
    for (int second = 0; second < 2; second++)
        for (int64_t k = 0; k < found; k++) {
            int64_t t = saddles[k] / (CELLS * CELLS);
            Cell cell;
            cell_of(field + NODES * t, lattice, tiles[t], saddles[k] / CELLS % CELLS, saddles[k] % CELLS, &cell);
            march_saddle(made, &cell, second);
        }
    return 0;
}

/* How many edges there are, or -1 where there is no room for them. */
int64_t rt_zero_level(const double *field, const Lattice *lattice, const int64_t *tiles, int64_t count, double *edges,
                      int64_t room) {
    int64_t *saddles = malloc((size_t)(count * CELLS * CELLS + 1) * sizeof(int64_t));
    Edges made = {edges, 0, room};
    if (!saddles) return NO_MEMORY;
    int64_t result = zero_level(field, lattice, tiles, count, saddles, &made);
    free(saddles);
    return result < 0 ? result : made.count;
}

static int covers(const Profiles *profiles, int64_t which, double low, double high) {
    const double *of = profiles->numbers + 3 * which;
    return fmin(of[0], of[1]) - Z_TOLERANCE <= low && high <= fmax(of[0], of[1]) + Z_TOLERANCE;
}

/* The lower of `field` (nodes,), which may be the first, and a profile's mean over a layer. */
WIDE static void lower_mean(const Profiles *profiles, int64_t which, double low, double high, int64_t nodes, int is_first,
                       double *restrict field) {
    const double *a = profiles->values + 3 * which * nodes, *b = a + nodes, *c = b + nodes;
    double z = profiles->numbers[3 * which], end = profiles->numbers[3 * which + 1];
    if (profiles->kinds[2 * which] == BETWEEN) { /* between planes at z and end: their fields a and b, their curvature c */
        double gap = end - z, middle = ((low + high) / 2 - z) / gap, part = (high - low) / gap;
        double bow = (middle * (1 - middle) - part * part / 12) * (gap * gap);
        for (int64_t n = 0; n < nodes; n++) {
            double mean = (1 - middle) * a[n] + middle * b[n] - c[n] * bow;
            field[n] = is_first || mean < field[n] ? mean : field[n];
        }
    } else { /* beyond the plane at z: its field a, slope b and bend c */
        double one = fabs(low - z), other = fabs(high - z), near = fmin(one, other), far = fmax(one, other);
        double outward = (near + far) / 2, squared = outward * outward + (far - near) * (far - near) / 12;
        double bent = squared + outward * profiles->numbers[3 * which + 2];
        for (int64_t n = 0; n < nodes; n++) {
            double change = outward * b[n] + bent * c[n];
            double mean = a[n] + (change > 0 ? change : 0);
            field[n] = is_first || mean < field[n] ? mean : field[n];
        }
    }
}

/* The field of all depths over a layer: negative inside an outer loop, outside its holes, in an island ... */
WIDE static void combine(const Profiles *profiles, double low, double high, double level, int64_t nodes, double *of_depth,
                    double *field) {
    int64_t which = 0, depth = 0;
    for (int64_t n = 0; n < nodes; n++) field[n] = INFINITY;
    for (; which < profiles->count; depth++) {
        int found = 0;
        for (; which < profiles->count && profiles->kinds[2 * which + 1] == depth; which++)
            if (covers(profiles, which, low, high)) lower_mean(profiles, which, low, high, nodes, !found++, of_depth);
        if (!found) return;
        for (int64_t n = 0; n < nodes; n++) {
            double here = of_depth[n] - level;
            if (depth == 0) field[n] = here;
            else if (depth % 2) field[n] = -here > field[n] ? -here : field[n];
            else field[n] = here < field[n] ? here : field[n];
        }
    }
}

static int is_among(const int64_t *tiles, int64_t count, int64_t tile) {
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (tiles[middle] < tile) low = middle + 1;
        else high = middle;
    }
    return low < count && tiles[low] == tile;
}

/* Lifts the field to 0 on the lattice's rim, and gathers the missing tiles beside `tiles` into which its zero level
 * runs on: room for four a tile. Elsewhere what is inside on both planes, `low` and `high`, is inside. */
static int64_t spread(double *field, const Lattice *lattice, const int64_t *tiles, int64_t count,
                      const uint8_t *low, const uint8_t *high, int64_t *more) {
    int64_t width = lattice->node_columns, tile_columns = (width - 1) / CELLS, found = 0;
    for (int64_t t = 0; t < count; t++) {
        int64_t first_row = tiles[t] / tile_columns * CELLS, first_column = tiles[t] % tile_columns * CELLS;
        int reached[4] = {0, 0, 0, 0};
        for (int64_t n = 0; n < NODES; n++) {
            int64_t j = n / SIDE, i = n % SIDE, row = first_row + j, column = first_column + i;
            if (i > 0 && i < CELLS && j > 0 && j < CELLS) continue;
            double *value = field + NODES * t + n;
            if (row == 0 || row == lattice->node_rows - 1 || column == 0 || column == width - 1)
                *value = *value > 0 ? *value : 0;
            if ((*value < 0) == (low[row * width + column] && high[row * width + column])) continue;
            reached[0] |= j == 0, reached[1] |= j == CELLS, reached[2] |= i == 0, reached[3] |= i == CELLS;
        }
        const int64_t steps[4] = {-tile_columns, tile_columns, -1, 1};
        for (int side = 0; side < 4; side++)
            if (reached[side] && !is_among(tiles, count, tiles[t] + steps[side])) more[found++] = tiles[t] + steps[side];
    }
    return found;
}

/* The second divided difference of the fields of three planes at one node. */
static inline double second_difference(double a, double b, double c, double to_a, double to_b, double to_c) {
    return ((c - b) / (to_c - to_b) - (b - a) / (to_b - to_a)) / (to_c - to_a);
}

/* What a field between two planes is made of at one tile: the fields of both, and the milder of two curvatures. */
WIDE static void between_planes(const double *const *fields, const double *z, double *restrict a, double *restrict b,
                                double *restrict c) {
    const double *below = fields[0], *low = fields[1], *high = fields[2], *above = fields[3];
    for (int n = 0; n < NODES; n++) a[n] = low[n], b[n] = high[n], c[n] = 0;
    if (below)
        for (int n = 0; n < NODES; n++) c[n] = second_difference(below[n], low[n], high[n], z[0], z[1], z[2]);
    if (above && !below)
        for (int n = 0; n < NODES; n++) c[n] = second_difference(low[n], high[n], above[n], z[1], z[2], z[3]);
    if (above && below)
        for (int n = 0; n < NODES; n++) {
            double one = c[n], other = second_difference(low[n], high[n], above[n], z[1], z[2], z[3]);
            double milder = fabs(one) < fabs(other) ? one : other;
            c[n] = one * other > 0 ? milder : 0;
        }
}

/* What a field beyond a plane is made of at one tile: the field there, its slope and its bend. */
WIDE static void beyond_plane(const double *const *fields, const double *z, double *restrict a, double *restrict b,
                              double *restrict c) {
    const double *end = fields[0], *inner = fields[1], *innermost = fields[2];
    double gap = fabs(z[0] - z[1]);
    for (int n = 0; n < NODES; n++) a[n] = end[n], b[n] = c[n] = 0;
    if (!inner) return;
    for (int n = 0; n < NODES; n++) b[n] = (end[n] - inner[n]) / gap;
    if (!innermost) return;
    for (int n = 0; n < NODES; n++) c[n] = second_difference(end[n], inner[n], innermost[n], z[0], z[1], z[2]);
}

/* The forms on some tiles; the profiles have room for them. */
static int64_t sample(const Forms *forms, const int64_t *tiles, int64_t count, Profiles *made) {
    int64_t nodes = NODES * count;
    made->count = forms->count;
    for (int64_t which = 0; which < forms->count; which++) {
        const int64_t *kind = forms->kinds + 6 * which;
        const double *z = forms->numbers + 5 * which;
        double *a = made->values + 3 * which * nodes, *b = a + nodes, *c = b + nodes, *numbers = made->numbers + 3 * which;
        for (int k = 2; k < 6; k++)
            if (kind[k] >= 0 && rt_need(forms->fields[kind[k]], tiles, count) < 0) return NO_MEMORY;
        made->kinds[2 * which] = kind[0], made->kinds[2 * which + 1] = kind[1];
        if (kind[0] == BETWEEN) numbers[0] = z[1], numbers[1] = z[2], numbers[2] = 0;
        else numbers[0] = z[0], numbers[1] = z[4], numbers[2] = kind[3] >= 0 ? fabs(z[0] - z[1]) : 0;
        for (int64_t t = 0; t < count; t++, a += NODES, b += NODES, c += NODES) {
            const double *fields[4];
            for (int k = 0; k < 4; k++)
                fields[k] = kind[2 + k] < 0 ? NULL : rt_values_at(forms->fields[kind[2 + k]], tiles[t]);
            if (kind[0] == BETWEEN) between_planes(fields, z, a, b, c);
            else beyond_plane(fields, z, a, b, c);
        }
    }
    return 0;
}

/* The tiles of a zone, and what is computed on them. */
typedef struct {
    int64_t *tiles, *more, *saddles, count;
    double *field; /* and that of one depth */
    Profiles profiles;
} Sheet;

static void free_sheet(Sheet *sheet) {
    free(sheet->tiles), free(sheet->more), free(sheet->saddles), free(sheet->field);
    free(sheet->profiles.kinds), free(sheet->profiles.numbers), free(sheet->profiles.values);
}

/* Room for `count` tiles, those that there are kept, and for the forms on them. */
static int64_t grow(Sheet *sheet, const Forms *forms, int64_t count) {
    size_t tiles = (size_t)count + 1, nodes = NODES * tiles, profiles = (size_t)forms->count + 1;
    int64_t *kept = realloc(sheet->tiles, tiles * sizeof *kept);
    if (kept) sheet->tiles = kept;
    free(sheet->more), free(sheet->saddles), free(sheet->field), free(sheet->profiles.values);
    sheet->more = malloc(4 * tiles * sizeof(int64_t));
    sheet->saddles = malloc(tiles * CELLS * CELLS * sizeof(int64_t));
    sheet->field = malloc(2 * nodes * sizeof(double));
    sheet->profiles.values = malloc(3 * profiles * nodes * sizeof(double));
    if (!sheet->profiles.kinds) sheet->profiles.kinds = malloc(2 * profiles * sizeof(int64_t));
    if (!sheet->profiles.numbers) sheet->profiles.numbers = malloc(3 * profiles * sizeof(double));
    int is_there = kept && sheet->more && sheet->saddles && sheet->field && sheet->profiles.values &&
                   sheet->profiles.kinds && sheet->profiles.numbers;
    return is_there ? 0 : NO_MEMORY;
}

/* Joins `spreads` missing tiles to those that there are, ascending, each once. -1 where one is off the lattice. */
static int64_t join(Sheet *sheet, const Forms *forms, const Lattice *lattice, int64_t spreads) {
    int64_t *joined = malloc((size_t)(sheet->count + spreads + 1) * sizeof *joined), n = sheet->count, distinct = 0;
    int64_t tiles = (lattice->node_rows - 1) / CELLS * ((lattice->node_columns - 1) / CELLS);
    if (!joined) return NO_MEMORY;
    if (n) memcpy(joined, sheet->tiles, (size_t)n * sizeof *joined);
    for (int64_t k = 0; k < spreads; k++) {
        if (sheet->more[k] < 0 || sheet->more[k] >= tiles) {
            free(joined);
            return -1;
        }
        joined[n++] = sheet->more[k];
    }
    qsort(joined, (size_t)n, sizeof *joined, by_number);
    for (int64_t k = 0; k < n; k++)
        if (!distinct || joined[k] != joined[distinct - 1]) joined[distinct++] = joined[k];
    free(sheet->tiles);
    sheet->tiles = joined, sheet->count = distinct;
    return grow(sheet, forms, distinct);
}

/* The edges of one layer, for which room is made. */
static int64_t trace(const double *field, const Lattice *lattice, const Sheet *sheet, Edges *made) {
    int64_t before = made->count;
    while (zero_level(field, lattice, sheet->tiles, sheet->count, sheet->saddles, made) < 0) {
        int64_t room = 2 * made->room;
        double *edges = realloc(made->edges, (size_t)room * 4 * sizeof *edges);
        if (!edges) return NO_MEMORY;
        made->edges = edges, made->room = room, made->count = before;
    }
    return 0;
}

/* The tiles of a zone, and the forms on them. */
static int64_t open_sheet(Sheet *sheet, const Forms *forms, const int64_t *tiles, int64_t count) {
    int64_t result = grow(sheet, forms, count);
    if (result) return result;
    if (count) memcpy(sheet->tiles, tiles, (size_t)count * sizeof(int64_t));
    sheet->count = count;
    return sample(forms, sheet->tiles, count, &sheet->profiles);
}

/* The lowest of the field over a layer on some tiles, INFINITY without any. */
int64_t rt_lowest(const Forms *forms, const int64_t *tiles, int64_t count, double low, double high, double level,
                  double *lowest) {
    Sheet sheet = {0};
    int64_t result = open_sheet(&sheet, forms, tiles, count), nodes = NODES * count;
    *lowest = INFINITY;
    if (!result) {
        combine(&sheet.profiles, low, high, level, nodes, sheet.field + nodes, sheet.field);
        for (int64_t n = 0; n < nodes; n++) *lowest = sheet.field[n] < *lowest ? sheet.field[n] : *lowest;
    }
    free_sheet(&sheet);
    return result;
}

/* The edges of all layers between `faces` (layers + 1,), to be freed by the caller, and how many each has. How many there
 * are; -1 where the zero level runs off the lattice. The tiles are ascending; a layer that runs off them gets more. */
int64_t rt_zone(const Forms *forms, const Lattice *lattice, const int64_t *first_tiles, int64_t count, const uint8_t *low,
                const uint8_t *high, const double *faces, int64_t layers, double level, double **edges, int64_t *counts) {
    Sheet sheet = {0};
    Edges made = {malloc((size_t)(4 * (8 * count + CELLS * CELLS)) * sizeof(double)), 0, 8 * count + CELLS * CELLS};
    int64_t result = made.edges ? open_sheet(&sheet, forms, first_tiles, count) : NO_MEMORY;
    for (int64_t layer = 0; !result && layer < layers;) {
        int64_t nodes = NODES * sheet.count, before = made.count;
        combine(&sheet.profiles, faces[layer], faces[layer + 1], level, nodes, sheet.field + nodes, sheet.field);
        int64_t spreads = spread(sheet.field, lattice, sheet.tiles, sheet.count, low, high, sheet.more);
        if (spreads) {
            result = join(&sheet, forms, lattice, spreads);
            if (!result) result = sample(forms, sheet.tiles, sheet.count, &sheet.profiles);
        } else {
            result = trace(sheet.field, lattice, &sheet, &made);
            counts[layer++] = made.count - before;
        }
    }
    free_sheet(&sheet);
    if (result < 0) {
        free(made.edges);
        return result;
    }
    *edges = made.edges;
    return made.count;
}
