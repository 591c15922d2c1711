/* Distances from the nodes of a lattice's tiles to the loops of a plane, and the field made of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"

#define CHUNK 8 /* segments that follow one another, looked at together first */
#define ROUNDING 1e-6
#define FAR_TILES 4 /* radii of a tile */
#define FAR_AWAY 1e200 /* where the last chunk of a group is filled up: never the nearest */

/* Segments, chunks of them, each number in an array of its own. */
typedef struct {
    double *x, *y, *along_x, *along_y, *unit_x, *unit_y, *length; /* of segments; unit is along by its own square */
    double *centre_x, *centre_y, *radius; /* of the circle around each chunk */
    double *away, *apart;                 /* of a tile's centre from the circles, and from the nearest of each group */
    double *squared;                      /* and from the segments of the chunks that are `near` */
    int64_t *near;
    int64_t *first_chunk; /* (groups + 1,) */
    int64_t *hint;        /* of each group the segment that was last the nearest */
    double *numbers;      /* where all of these lie */
    int64_t *whole;
} Outlines;

typedef struct {
    double x[NODES], y[NODES], centre_x, centre_y, radius;
} Nodes;

/* The edges x0, y0, x1, y1 of one group after another. */
typedef struct {
    const double *edges;
    const int64_t *starts, *chosen; /* group k has the edges from starts[chosen[k]] on, up to starts[chosen[k] + 1] */
    int64_t count;
} Groups;

static const double *first_edge(const Groups *groups, int64_t k) {
    return groups->edges + 4 * groups->starts[groups->chosen[k]];
}
static const double *end_of_edges(const Groups *groups, int64_t k) {
    return groups->edges + 4 * groups->starts[groups->chosen[k] + 1];
}

/* How many pieces no longer than `longest` an edge is cut to. */
static double pieces_of(const double *edge, double longest) {
    double x = edge[2] - edge[0], y = edge[3] - edge[1];
    if (fabs(x) + fabs(y) <= longest) return 1; /* most are that short */
    double pieces = ceil(hypot(x, y) / longest);
    return pieces > 1 ? pieces : 1;
}

static int make_room(Outlines *made, int64_t chunks, int64_t groups) {
    int64_t segments = CHUNK * chunks;
    made->numbers = malloc((size_t)(8 * segments + 4 * chunks + groups + 1) * sizeof(double));
    made->whole = malloc((size_t)(chunks + 2 * groups + 2) * sizeof(int64_t));
    if (!made->numbers || !made->whole) return 0;
    double **of_segments[] = {&made->x, &made->y, &made->along_x, &made->along_y, &made->unit_x, &made->unit_y,
                              &made->length, &made->squared};
    double **of_chunks[] = {&made->centre_x, &made->centre_y, &made->radius, &made->away};
    double *next = made->numbers;
    for (int k = 0; k < 8; k++) *of_segments[k] = next, next += segments;
    for (int k = 0; k < 4; k++) *of_chunks[k] = next, next += chunks;
    made->apart = next;
    made->near = made->whole, made->first_chunk = made->near + chunks, made->hint = made->first_chunk + groups + 1;
    return 1;
}

static void enclose(Outlines *made, int64_t chunk, int64_t last) {
    double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
    for (int64_t k = CHUNK * chunk; k < last; k++)
        for (int end = 0; end < 2; end++) {
            double x = made->x[k] + (end ? made->along_x[k] * made->length[k] : 0);
            double y = made->y[k] + (end ? made->along_y[k] * made->length[k] : 0);
            low_x = x < low_x ? x : low_x, high_x = x > high_x ? x : high_x;
            low_y = y < low_y ? y : low_y, high_y = y > high_y ? y : high_y;
        }
    made->centre_x[chunk] = (low_x + high_x) / 2, made->centre_y[chunk] = (low_y + high_y) / 2;
    made->radius[chunk] = sqrt((high_x - low_x) * (high_x - low_x) + (high_y - low_y) * (high_y - low_y)) / 2;
}

static int64_t chunks_of(const Groups *groups, int64_t group, double longest) {
    double pieces = 0;
    for (const double *edge = first_edge(groups, group); edge < end_of_edges(groups, group); edge += 4)
        pieces += pieces_of(edge, longest);
    return pieces < 1e8 ? ((int64_t)pieces + CHUNK - 1) / CHUNK : -1;
}

/* The edges of each group, cut to pieces no longer than `longest`. */
static int cut_outlines(const Groups *groups, double longest, Outlines *made) {
    int64_t chunks = 0, n = 0;
    for (int64_t group = 0; group < groups->count; group++) {
        int64_t of_group = chunks_of(groups, group, longest);
        if (of_group < 0 || (chunks += of_group) > 100000000) return 0;
    }
    if (!make_room(made, chunks, groups->count)) return 0;
    for (int64_t group = 0; group < groups->count; group++) {
        made->first_chunk[group] = n / CHUNK, made->hint[group] = n;
        for (const double *edge = first_edge(groups, group); edge < end_of_edges(groups, group); edge += 4) {
            double pieces = pieces_of(edge, longest), length = hypot(edge[2] - edge[0], edge[3] - edge[1]);
            double unit = length > 0 ? length : 1, piece = length / pieces;
            double along_x = (edge[2] - edge[0]) / unit, along_y = (edge[3] - edge[1]) / unit;
            double norm = along_x * along_x + along_y * along_y;
            for (int64_t nth = 0; nth < (int64_t)pieces; nth++, n++) {
                made->x[n] = edge[0] + along_x * ((double)nth * piece);
                made->y[n] = edge[1] + along_y * ((double)nth * piece);
                made->along_x[n] = along_x, made->along_y[n] = along_y, made->length[n] = piece;
                made->unit_x[n] = along_x / (norm > 0 ? norm : 1), made->unit_y[n] = along_y / (norm > 0 ? norm : 1);
            }
        }
        for (int64_t chunk = made->first_chunk[group]; CHUNK * chunk < n; chunk++)
            enclose(made, chunk, least(CHUNK * (chunk + 1), n));
        for (; n % CHUNK; n++) {
            made->x[n] = made->y[n] = FAR_AWAY;
            made->along_x[n] = made->along_y[n] = made->unit_x[n] = made->unit_y[n] = made->length[n] = 0;
        }
    }
    made->first_chunk[groups->count] = n / CHUNK;
    return 1;
}

static void nodes_of(const Lattice *lattice, int64_t tile, Nodes *nodes) {
    int64_t tile_row = tile / rt_tile_columns(lattice), tile_column = tile % rt_tile_columns(lattice);
    double h = lattice->spacing;
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++) {
            nodes->x[SIDE * j + i] = lattice->x0 + h * (double)(tile_column * CELLS + i);
            nodes->y[SIDE * j + i] = lattice->y0 + h * (double)(tile_row * CELLS + j);
        }
    nodes->centre_x = lattice->x0 + h * ((double)(tile_column * CELLS) + CELLS / 2.0);
    nodes->centre_y = lattice->y0 + h * ((double)(tile_row * CELLS) + CELLS / 2.0);
    nodes->radius = CELLS * h * sqrt(0.5);
}

/* How far a tile's centre is from the nearest of the circles around a group's chunks. */
WIDEST static double least_away(const Outlines *o, int64_t group, double x, double y) {
    double nearest = INFINITY;
    for (int64_t k = o->first_chunk[group]; k < o->first_chunk[group + 1]; k++) {
        double off_x = x - o->centre_x[k], off_y = y - o->centre_y[k];
        o->away[k] = sqrt(off_x * off_x + off_y * off_y) - o->radius[k];
    }
    for (int64_t k = o->first_chunk[group]; k < o->first_chunk[group + 1]; k++)
        nearest = o->away[k] < nearest ? o->away[k] : nearest;
    return nearest;
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

/* How far a point is at most from the nearest segment of a group: as far as from the one that was last the nearest to a
 * tile's centre, and if that is far, to the other side of the circle around the chunk with the nearest centre. */
static inline double at_most_away(const Outlines *o, int64_t group, double x, double y, double far) {
    double hinted = sqrt(squared_from(o, o->hint[group], x, y)), least_squared = INFINITY;
    if (hinted < far) return hinted;
    int64_t nearest = o->first_chunk[group];
    for (int64_t k = nearest; k < o->first_chunk[group + 1]; k++) {
        double off_x = x - o->centre_x[k], off_y = y - o->centre_y[k], squared = off_x * off_x + off_y * off_y;
        if (squared < least_squared) least_squared = squared, nearest = k;
    }
    double across = sqrt(least_squared) + o->radius[nearest];
    return across < hinted ? across : hinted;
}

/* The chunks of a group whose circles a point is `within` so far of. How many. */
static inline int64_t near_chunks(const Outlines *o, int64_t group, double x, double y, double within) {
    int64_t first = o->first_chunk[group], last = o->first_chunk[group + 1], count = 0, *restrict near = o->near;
    const double *restrict centre_x = o->centre_x, *restrict centre_y = o->centre_y, *restrict radius = o->radius;
    double *restrict away = o->away;
    for (int64_t k = first; k < last; k++) {
        double off_x = x - centre_x[k], off_y = y - centre_y[k], reach = within + radius[k];
        away[k] = off_x * off_x + off_y * off_y - reach * reach;
    }
    for (int64_t k = first; k < last; k++)
        if (away[k] <= 0) near[count++] = k;
    return count;
}

/* The squared distances of a point from the segments of the chunks that are near. The nearest of them. */
static inline double from_segments(const Outlines *o, int64_t chunks, double x, double y) {
    double least_of[CHUNK], nearest = INFINITY;
    for (int k = 0; k < CHUNK; k++) least_of[k] = INFINITY;
    for (int64_t j = 0; j < chunks; j++) {
        double squared[CHUNK];
        for (int k = 0; k < CHUNK; k++) squared[k] = squared_from(o, CHUNK * o->near[j] + k, x, y);
        for (int k = 0; k < CHUNK; k++) least_of[k] = squared[k] < least_of[k] ? squared[k] : least_of[k];
        memcpy(o->squared + CHUNK * j, squared, sizeof squared);
    }
    for (int k = 0; k < CHUNK; k++) nearest = least_of[k] < nearest ? least_of[k] : nearest;
    return nearest;
}

static inline void lower_squared(const Outlines *o, int64_t k, const Nodes *restrict nodes, double *restrict squared) {
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

/* Which segments of a chunk are no further than `bound`, as bits. */
static inline uint64_t segments_within(const double *restrict squared, double bound) {
    int64_t bits = 0;
    for (int k = 0; k < CHUNK; k++) bits |= squared[k] <= bound ? NODE_BITS[k] : 0;
    return (uint64_t)bits;
}

/* Squared distances of a tile's nodes from a group. Only segments that can be the nearest to some node are measured: no
 * node is further from the centre than the tile's radius. */
WIDEST static void squared_distances(const Outlines *o, int64_t group, const Nodes *nodes, double *restrict squared) {
    double x = nodes->centre_x, y = nodes->centre_y, reach = 2 * nodes->radius + ROUNDING;
    double within = at_most_away(o, group, x, y, FAR_TILES * nodes->radius) + reach;
    int64_t chunks = near_chunks(o, group, x, y, within), hint = o->hint[group];
    double nearest = from_segments(o, chunks, x, y), bound = (sqrt(nearest) + reach) * (sqrt(nearest) + reach);
    for (int n = 0; n < NODES; n++) squared[n] = INFINITY;
    for (int64_t j = 0; j < chunks; j++) {
        const double *of_chunk = o->squared + CHUNK * j;
        for (uint64_t bits = segments_within(of_chunk, bound); bits; bits &= bits - 1) {
            int k = __builtin_ctzll(bits);
            if (of_chunk[k] == nearest) hint = CHUNK * o->near[j] + k;
            lower_squared(o, CHUNK * o->near[j] + k, nodes, squared);
        }
    }
    o->hint[group] = hint;
}

/* The least of g over a tile's nodes and the field of one more group, which has some `inside`, by bits. */
WIDEST static void lower_field(const double *restrict squared, double radius, uint32_t inside, double *restrict g) {
    for (int n = 0; n < NODES; n++) {
        double distance = sqrt(squared[n]), capped = distance < radius ? distance : radius;
        double s = inside & NODE_BITS[n] ? -capped : distance;
        double found = s * (s + 2 * radius);
        g[n] = found < g[n] ? found : g[n];
    }
}

static double highest(const double *values) {
    double most = values[0];
    for (int n = 1; n < NODES; n++) most = values[n] > most ? values[n] : most;
    return most;
}

/* What a field is made of, and its values where they were needed: `place` of each tile among them, or NONE. */
struct Field {
    Outlines outlines;
    Lattice lattice;
    int64_t groups, known, room;
    double *radius, *values;
    int32_t *number, *place;
    const Rows *owner;
};

static uint32_t nodes_of_group(const Field *field, int64_t group, int64_t tile) {
    return rt_nodes_inside(field->owner, &field->lattice, tile, field->number[group]);
}

/* The field of one tile. The nearest group comes first; of the others those that cannot be lower are passed over. */
static void field_of_tile(const Field *field, int64_t tile, double *g) {
    const Outlines *o = &field->outlines;
    const double *radius = field->radius;
    double squared[NODES], nearest = INFINITY;
    uint32_t around = field->groups > 1 ? rt_nodes_inside(field->owner, &field->lattice, tile, ANY) : ALL_NODES;
    int64_t first = 0;
    Nodes nodes;
    nodes_of(&field->lattice, tile, &nodes);
    for (int64_t group = 0; field->groups > 1 && group < field->groups; group++) {
        o->apart[group] = least_away(o, group, nodes.centre_x, nodes.centre_y);
        if (o->apart[group] < nearest) nearest = o->apart[group], first = group;
    }
    for (int n = 0; n < NODES; n++) g[n] = INFINITY;
    squared_distances(o, first, &nodes, squared);
    lower_field(squared, radius[first], around ? nodes_of_group(field, first, tile) : 0, g);
    for (int64_t group = 0; group < field->groups; group++) {
        if (group == first) continue;
        double s = o->apart[group] - nodes.radius - ROUNDING;
        uint32_t inside = around ? nodes_of_group(field, group, tile) : 0;
        s = s > 0 ? s : 0;
        if (s * (s + 2 * radius[group]) > highest(g) && !inside) continue;
        squared_distances(o, group, &nodes, squared);
        lower_field(squared, radius[group], inside, g);
    }
}

void rt_free_field(Field *field) {
    if (!field) return;
    free(field->outlines.numbers), free(field->outlines.whole), free(field->radius), free(field->number);
    free(field->place), free(field->values), free(field);
}

/* The field of `count` chosen loops of a plane: g is the least over them of s (s + 2 R), s the signed distance, negative
 * where the owner, which has to stay, is the loop's number. Edges (starts, 4), radius and number of all loops of the
 * plane. NULL where memory is short. */
Field *rt_field(const double *edges, const int64_t *starts, const int64_t *chosen, int64_t count, const double *radius,
                const int32_t *number, const Rows *owner, const Lattice *lattice) {
    size_t tiles = (size_t)rt_tiles(lattice);
    Groups groups = {edges, starts, chosen, count};
    Field *field = calloc(1, sizeof *field);
    if (!field) return NULL;
    field->lattice = *lattice, field->groups = count, field->owner = owner;
    field->radius = malloc((size_t)count * sizeof *field->radius);
    field->number = malloc((size_t)count * sizeof *field->number);
    field->place = malloc(tiles * sizeof *field->place);
    if (!field->radius || !field->number || !field->place || !cut_outlines(&groups, CELLS * lattice->spacing, &field->outlines)) {
        rt_free_field(field);
        return NULL;
    }
    for (int64_t k = 0; k < count; k++) field->radius[k] = radius[chosen[k]], field->number[k] = number[chosen[k]];
    memset(field->place, 0xff, tiles * sizeof *field->place); /* NONE */
    return field;
}

/* The values (25,) at a tile's nodes, until those of another tile are called for. NULL where memory is short. */
const double *rt_values(Field *field, int64_t tile) {
    if (field->place[tile] == NONE) {
        if (field->known == field->room) {
            int64_t room = 2 * field->room + 64;
            double *values = realloc(field->values, (size_t)room * NODES * sizeof *values);
            if (!values) return NULL;
            field->values = values, field->room = room;
        }
        field_of_tile(field, tile, field->values + NODES * field->known);
        field->place[tile] = (int32_t)field->known++;
    }
    return field->values + NODES * (int64_t)field->place[tile];
}

/* Squared distances (tiles, 25) from all edges. */
int64_t rt_squared_distances(const double *edges, int64_t count_of_edges, const Lattice *lattice, const int64_t *tiles,
                             int64_t count, double *squared) {
    int64_t starts[2] = {0, count_of_edges}, all = 0;
    Groups groups = {edges, starts, &all, 1};
    Outlines outlines = {0};
    int64_t result = cut_outlines(&groups, CELLS * lattice->spacing, &outlines) ? 0 : NO_MEMORY;
    for (int64_t k = 0; !result && k < count; k++) {
        Nodes nodes;
        nodes_of(lattice, tiles[k], &nodes);
        squared_distances(&outlines, 0, &nodes, squared + NODES * k);
    }
    free(outlines.numbers), free(outlines.whole);
    return result;
}
