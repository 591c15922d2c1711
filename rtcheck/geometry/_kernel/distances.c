/* Distances from the nodes of a lattice's tiles to the loops of a plane, and the field made of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define CELLS 4
#define NODES 25 /* of a tile */
#define CHUNK 8  /* segments that follow one another, looked at together first */
#define ROUNDING 1e-6

/* Segments and chunks of them, each number in an array of its own. */
typedef struct {
    double *x, *y, *along_x, *along_y, *unit_x, *unit_y, *length; /* of segments; unit is along by its own square */
    double *centre_x, *centre_y, *radius, *point_x, *point_y;     /* of a chunk: the circle around it, a point of it */
    double *away, *squared;        /* of a tile's centre from each chunk's circle, and from each segment */
    int64_t *begin;                /* (chunks + 1,) segments */
    int64_t *first_chunk;          /* (groups + 1,) */
    double *numbers;               /* where all of these lie */
    int64_t *whole;
} Outlines;

typedef struct {
    double x[NODES], y[NODES], centre_x, centre_y, radius;
} Nodes;

static double pieces_of(const double *edge, double longest, double *length) {
    *length = hypot(edge[2] - edge[0], edge[3] - edge[1]);
    double pieces = ceil(*length / longest);
    return pieces > 1 ? pieces : 1;
}

static int make_room(Outlines *made, int64_t segments, int64_t groups) {
    int64_t chunks = segments / CHUNK + groups;
    made->numbers = malloc((size_t)(8 * segments + 6 * chunks + 1) * sizeof(double));
    made->whole = malloc((size_t)(chunks + groups + 2) * sizeof(int64_t));
    if (!made->numbers || !made->whole) return 0;
    double **of_segments[] = {&made->x, &made->y, &made->along_x, &made->along_y, &made->unit_x, &made->unit_y,
                              &made->length, &made->squared};
    double **of_chunks[] = {&made->centre_x, &made->centre_y, &made->radius, &made->point_x, &made->point_y, &made->away};
    double *next = made->numbers;
    for (int k = 0; k < 8; k++) *of_segments[k] = next, next += segments;
    for (int k = 0; k < 6; k++) *of_chunks[k] = next, next += chunks;
    made->begin = made->whole, made->first_chunk = made->whole + chunks + 1;
    return 1;
}

static void enclose(Outlines *made, int64_t chunk, int64_t first, int64_t last) {
    double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
    for (int64_t k = first; k < last; k++) {
        double end_x = made->x[k] + made->along_x[k] * made->length[k];
        double end_y = made->y[k] + made->along_y[k] * made->length[k];
        low_x = fmin(low_x, fmin(made->x[k], end_x)), high_x = fmax(high_x, fmax(made->x[k], end_x));
        low_y = fmin(low_y, fmin(made->y[k], end_y)), high_y = fmax(high_y, fmax(made->y[k], end_y));
    }
    made->centre_x[chunk] = (low_x + high_x) / 2, made->centre_y[chunk] = (low_y + high_y) / 2;
    made->radius[chunk] = sqrt((high_x - low_x) * (high_x - low_x) + (high_y - low_y) * (high_y - low_y)) / 2;
    made->point_x[chunk] = made->x[(first + last) / 2], made->point_y[chunk] = made->y[(first + last) / 2];
    made->begin[chunk] = first;
}

/* The edges (n, 4) of each group (first_edge (groups + 1,)), cut to pieces no longer than `longest`. */
static int cut_outlines(const double *edges, const int64_t *first_edge, int64_t groups, double longest, Outlines *made) {
    double total = 0, length;
    for (int64_t k = 0; k < first_edge[groups]; k++) total += pieces_of(edges + 4 * k, longest, &length);
    if (!(total < 1e8) || !make_room(made, (int64_t)total, groups)) return 0;
    int64_t n = 0, chunks = 0;
    for (int64_t group = 0; group < groups; group++) {
        int64_t first = n;
        for (int64_t k = first_edge[group]; k < first_edge[group + 1]; k++) {
            const double *edge = edges + 4 * k;
            double pieces = pieces_of(edge, longest, &length), unit = length > 0 ? length : 1, piece = length / pieces;
            double along_x = (edge[2] - edge[0]) / unit, along_y = (edge[3] - edge[1]) / unit;
            double norm = along_x * along_x + along_y * along_y;
            for (int64_t nth = 0; nth < (int64_t)pieces; nth++, n++) {
                made->x[n] = edge[0] + along_x * ((double)nth * piece);
                made->y[n] = edge[1] + along_y * ((double)nth * piece);
                made->along_x[n] = along_x, made->along_y[n] = along_y, made->length[n] = piece;
                made->unit_x[n] = along_x / (norm > 0 ? norm : 1), made->unit_y[n] = along_y / (norm > 0 ? norm : 1);
            }
        }
        made->first_chunk[group] = chunks;
        for (int64_t k = first; k < n; k += CHUNK) enclose(made, chunks++, k, least(k + CHUNK, n));
    }
    made->first_chunk[groups] = chunks, made->begin[chunks] = n;
    return 1;
}

static void nodes_of(const Lattice *lattice, int64_t tile_row, int64_t tile_column, Nodes *nodes) {
    double h = lattice->spacing;
    for (int64_t k = 0; k < NODES; k++) {
        nodes->x[k] = lattice->x0 + h * (double)(tile_column * CELLS + k % (CELLS + 1));
        nodes->y[k] = lattice->y0 + h * (double)(tile_row * CELLS + k / (CELLS + 1));
    }
    nodes->centre_x = lattice->x0 + h * ((double)(tile_column * CELLS) + CELLS / 2.0);
    nodes->centre_y = lattice->y0 + h * ((double)(tile_row * CELLS) + CELLS / 2.0);
    nodes->radius = CELLS * h * sqrt(0.5);
}

/* The squared distance of a point from the nearest point of segment `k`. */
static inline double squared_from(const Outlines *o, int64_t k, double x, double y) {
    double from_x = x - o->x[k], from_y = y - o->y[k];
    double foot = from_x * o->unit_x[k] + from_y * o->unit_y[k];
    foot = foot < 0 ? 0 : foot;
    foot = foot > o->length[k] ? o->length[k] : foot;
    double off_x = from_x - foot * o->along_x[k], off_y = from_y - foot * o->along_y[k];
    return off_x * off_x + off_y * off_y;
}

/* How far a tile's centre is from the circles of a group's chunks: `away` of each, and the least. */
WIDE static double least_away(const Outlines *o, int64_t group, double x, double y) {
    int64_t first = o->first_chunk[group], last = o->first_chunk[group + 1];
    const double *centre_x = o->centre_x, *centre_y = o->centre_y, *radius = o->radius;
    double *restrict away = o->away, nearest = INFINITY;
    for (int64_t k = first; k < last; k++)
        away[k] = sqrt((x - centre_x[k]) * (x - centre_x[k]) + (y - centre_y[k]) * (y - centre_y[k])) - radius[k];
    for (int64_t k = first; k < last; k++) nearest = away[k] < nearest ? away[k] : nearest;
    return nearest;
}

/* The squared distance of the centre from the nearest of the chunks' points: no segment's is further. */
static double nearest_point(const Outlines *o, int64_t group, double x, double y) {
    double nearest = INFINITY;
    for (int64_t k = o->first_chunk[group]; k < o->first_chunk[group + 1]; k++) {
        double off_x = x - o->point_x[k], off_y = y - o->point_y[k], squared = off_x * off_x + off_y * off_y;
        nearest = squared < nearest ? squared : nearest;
    }
    return nearest;
}

WIDE static void lower_squared(const Outlines *o, int64_t k, const Nodes *restrict nodes, double *restrict squared) {
    double x = o->x[k], y = o->y[k], unit_x = o->unit_x[k], unit_y = o->unit_y[k];
    double along_x = o->along_x[k], along_y = o->along_y[k], length = o->length[k];
    for (int n = 0; n < NODES; n++) {
        double from_x = nodes->x[n] - x, from_y = nodes->y[n] - y;
        double foot = from_x * unit_x + from_y * unit_y;
        foot = foot < 0 ? 0 : foot;
        foot = foot > length ? length : foot;
        double off_x = from_x - foot * along_x, off_y = from_y - foot * along_y;
        double found = off_x * off_x + off_y * off_y;
        squared[n] = found < squared[n] ? found : squared[n];
    }
}

/* Squared distances of a tile's nodes from a group, whose `least_away` was the last. Only segments that can be the
 * nearest to some node are measured. */
static void squared_distances(const Outlines *o, int64_t group, const Nodes *nodes, double *squared) {
    double x = nodes->centre_x, y = nodes->centre_y, reach = 2 * nodes->radius + ROUNDING;
    double nearest = nearest_point(o, group, x, y), within = sqrt(nearest) + reach;
    double *restrict of_segments = o->squared;
    for (int n = 0; n < NODES; n++) squared[n] = INFINITY;
    for (int64_t chunk = o->first_chunk[group]; chunk < o->first_chunk[group + 1]; chunk++) {
        if (o->away[chunk] > within) continue;
        for (int64_t k = o->begin[chunk]; k < o->begin[chunk + 1]; k++) of_segments[k] = squared_from(o, k, x, y);
        for (int64_t k = o->begin[chunk]; k < o->begin[chunk + 1]; k++)
            nearest = of_segments[k] < nearest ? of_segments[k] : nearest;
    }
    double bound = (sqrt(nearest) + reach) * (sqrt(nearest) + reach);
    for (int64_t chunk = o->first_chunk[group]; chunk < o->first_chunk[group + 1]; chunk++) {
        if (o->away[chunk] > within) continue;
        for (int64_t k = o->begin[chunk]; k < o->begin[chunk + 1]; k++)
            if (of_segments[k] <= bound) lower_squared(o, k, nodes, squared);
    }
}

/* The least of g over a tile's nodes and the field of one more group. */
WIDE static void lower_field(const double *squared, double radius, const int32_t *owner, int32_t number, double *g) {
    for (int n = 0; n < NODES; n++) {
        double distance = sqrt(squared[n]);
        double s = owner[n] == number ? -(distance < radius ? distance : radius) : distance;
        double found = s * (s + 2 * radius);
        g[n] = found < g[n] ? found : g[n];
    }
}

static double highest(const double *values) {
    double most = values[0];
    for (int n = 1; n < NODES; n++) most = values[n] > most ? values[n] : most;
    return most;
}

static int is_around(const int32_t *owner, int32_t number) {
    for (int n = 0; n < NODES; n++)
        if (owner[n] == number) return 1;
    return 0;
}

/* The field of one tile. The nearest group comes first; of the others those that cannot be lower are passed over. */
static void field_of_tile(const Outlines *o, int64_t groups, const double *radius, const int64_t *number,
                          const int32_t *owner, const Nodes *nodes, double *g) {
    double squared[NODES], nearest = INFINITY;
    int64_t first = 0;
    for (int64_t group = 0; group < groups; group++) {
        double away = least_away(o, group, nodes->centre_x, nodes->centre_y);
        if (away < nearest) nearest = away, first = group;
    }
    for (int n = 0; n < NODES; n++) g[n] = INFINITY;
    squared_distances(o, first, nodes, squared);
    lower_field(squared, radius[first], owner, (int32_t)number[first], g);
    for (int64_t group = 0; group < groups; group++) {
        if (group == first) continue;
        double away = INFINITY;
        for (int64_t k = o->first_chunk[group]; k < o->first_chunk[group + 1]; k++) away = fmin(away, o->away[k]);
        double s = fmax(away - nodes->radius - ROUNDING, 0);
        if (s * (s + 2 * radius[group]) > highest(g) && !is_around(owner, (int32_t)number[group])) continue;
        squared_distances(o, group, nodes, squared);
        lower_field(squared, radius[group], owner, (int32_t)number[group], g);
    }
}

static void owners_of(const int32_t *owner, const Lattice *lattice, int64_t row, int64_t column, int32_t *found) {
    for (int64_t j = 0; j <= CELLS; j++)
        for (int64_t i = 0; i <= CELLS; i++)
            found[j * (CELLS + 1) + i] = owner[(row * CELLS + j) * lattice->node_columns + column * CELLS + i];
}

/* What a field is made of, and its values where they were needed: `place` of each tile among them, or -1. */
struct Field {
    Outlines outlines;
    Lattice lattice;
    int64_t groups, known, room;
    double *radius, *values;
    int64_t *number;
    const int32_t *owner;
    int32_t *place;
};

void rt_free_field(Field *field) {
    if (!field) return;
    free(field->outlines.numbers), free(field->outlines.whole), free(field->radius), free(field->number);
    free(field->place), free(field->values), free(field);
}

/* The field of groups of edges: g is the least over the groups of s (s + 2 R), s the signed distance, negative where
 * `owner` (nodes,), which has to stay, has the group's number. NULL where memory is short. */
Field *rt_field(const double *edges, const int64_t *first_edge, int64_t groups, const double *radius,
                const int64_t *number, const int32_t *owner, const Lattice *lattice) {
    size_t tiles = (size_t)((lattice->node_rows - 1) / CELLS * ((lattice->node_columns - 1) / CELLS));
    Field *field = calloc(1, sizeof *field);
    if (!field) return NULL;
    field->lattice = *lattice, field->groups = groups, field->owner = owner;
    field->radius = malloc((size_t)groups * sizeof *field->radius);
    field->number = malloc((size_t)groups * sizeof *field->number);
    field->place = malloc(tiles * sizeof *field->place);
    if (!field->radius || !field->number || !field->place ||
        !cut_outlines(edges, first_edge, groups, CELLS * lattice->spacing, &field->outlines)) {
        rt_free_field(field);
        return NULL;
    }
    memcpy(field->radius, radius, (size_t)groups * sizeof *radius);
    memcpy(field->number, number, (size_t)groups * sizeof *number);
    memset(field->place, 0xff, tiles * sizeof *field->place); /* -1 */
    return field;
}

const Lattice *rt_lattice_of(const Field *field) { return &field->lattice; }

/* Computes the values of some tiles where they are not known. */
int64_t rt_need(Field *field, const int64_t *tiles, int64_t count) {
    int64_t missing = 0, tile_columns = (field->lattice.node_columns - 1) / CELLS;
    for (int64_t k = 0; k < count; k++) missing += field->place[tiles[k]] < 0;
    if (field->known + missing > field->room) {
        int64_t room = most(field->known + missing, field->room + field->room / 2);
        double *values = room > INT32_MAX ? NULL : realloc(field->values, (size_t)room * NODES * sizeof *values);
        if (!values) return NO_MEMORY;
        field->values = values, field->room = room;
    }
    for (int64_t k = 0; missing && k < count; k++) {
        if (field->place[tiles[k]] >= 0) continue;
        Nodes nodes;
        int32_t owners[NODES];
        nodes_of(&field->lattice, tiles[k] / tile_columns, tiles[k] % tile_columns, &nodes);
        owners_of(field->owner, &field->lattice, tiles[k] / tile_columns, tiles[k] % tile_columns, owners);
        field_of_tile(&field->outlines, field->groups, field->radius, field->number, owners, &nodes,
                      field->values + NODES * field->known);
        field->place[tiles[k]] = (int32_t)field->known++;
    }
    return 0;
}

/* The values (25,) of a tile that was needed. */
const double *rt_values_at(const Field *field, int64_t tile) { return field->values + NODES * (int64_t)field->place[tile]; }

/* Squared distances (tiles, 25) from all edges. */
int64_t rt_squared_distances(const double *edges, int64_t count_of_edges, const Lattice *lattice, const int64_t *tiles,
                             int64_t count, double *squared) {
    Outlines outlines = {0};
    int64_t first_edge[2] = {0, count_of_edges}, tile_columns = (lattice->node_columns - 1) / CELLS, result = NO_MEMORY;
    if (cut_outlines(edges, first_edge, 1, CELLS * lattice->spacing, &outlines)) {
        for (int64_t k = 0; k < count; k++) {
            Nodes nodes;
            nodes_of(lattice, tiles[k] / tile_columns, tiles[k] % tile_columns, &nodes);
            least_away(&outlines, 0, nodes.centre_x, nodes.centre_y);
            squared_distances(&outlines, 0, &nodes, squared + NODES * k);
        }
        result = 0;
    }
    free(outlines.numbers), free(outlines.whole);
    return result;
}
