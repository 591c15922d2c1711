/* The Python face of fields on a lattice, and of refined doses. A lattice, a tuple of its numbers, ends the arguments. */
#include "module.h"

/* The converter of a lattice: x0, y0, spacing, node_rows, node_columns. */
static int as_lattice(PyObject *numbers, void *to) {
    Lattice *lattice = to;
    long long rows, columns;
    if (!PyArg_ParseTuple(numbers, "dddLL", &lattice->x0, &lattice->y0, &lattice->spacing, &rows, &columns)) return 0;
    lattice->node_rows = rows, lattice->node_columns = columns;
    return 1;
}

static int64_t nodes_of(const Lattice *lattice) { return lattice->node_rows * lattice->node_columns; }

static int64_t tiles_of(const Lattice *lattice) {
    return (lattice->node_rows - 1) / 4 * ((lattice->node_columns - 1) / 4);
}

/* Whether a lattice is one of whole tiles, and every tile of buffer `k` on it; an error is set where not. */
static int are_on(const Lattice *lattice, const Py_buffer *buffers, int k) {
    int is_on = lattice->node_rows > 4 && lattice->node_columns > 4 && lattice->node_rows % 4 == 1 &&
                lattice->node_columns % 4 == 1 && lattice->spacing > 0;
    const int64_t *tiles = k < 0 ? NULL : buffers[k].buf, count = k < 0 ? 0 : buffers[k].len / 8;
    for (int64_t n = 0; is_on && n < count; n++) is_on = tiles[n] >= 0 && tiles[n] < tiles_of(lattice);
    if (!is_on) PyErr_SetString(PyExc_ValueError, "a tile of the kernel lies outside its lattice");
    return is_on;
}

/* Whether buffer `k` holds ascending starts (n + 1,), the first of them 0; an error is set where it does not. */
static int are_loops(const Py_buffer *buffers, int k) {
    const int64_t *starts = buffers[k].buf, n = buffers[k].len / 8 - 1;
    int are = n >= 0 && starts[0] == 0;
    for (int64_t j = 0; are && j < n; j++) are = starts[j + 1] > starts[j];
    if (!are) PyErr_SetString(PyExc_ValueError, "a loop of the kernel has no points");
    return are;
}

/* fill(points, starts, turned, areas, owner; lattice) -> 0, or -1 where a loop leaves the lattice */
static PyObject *fill(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[5];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*w*w*w*O&", b, b + 1, b + 2, b + 3, b + 4, as_lattice, &lattice)) return NULL;
    int64_t loops = b[1].len / 8 - 1, result;
    const int64_t *starts = b[1].buf;
    if (!are_on(&lattice, b, -1) || !are_loops(b, 1) || !fits(b, 0, starts[loops], 16) ||
        !fits(b, 2, starts[loops], 16) || !fits(b, 3, loops, 8) || !fits(b, 4, nodes_of(&lattice), 4))
        return refused(b, 5);
    Py_BEGIN_ALLOW_THREADS
    result = rt_fill(b[0].buf, starts, loops, &lattice, b[2].buf, b[3].buf, b[4].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 5, result);
}

/* shared_nodes(owner, other, shared (loops,), own (loops,)): which loops share nodes with any of `other`, and have nodes */
static PyObject *shared_nodes(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[4];
    if (!PyArg_ParseTuple(args, "y*y*w*w*", b, b + 1, b + 2, b + 3)) return NULL;
    int64_t nodes = b[0].len / 4, loops = b[2].len, result;
    if (!fits(b, 1, nodes, 4) || !fits(b, 3, loops, 1)) return refused(b, 4);
    Py_BEGIN_ALLOW_THREADS
    result = rt_shared_nodes(b[0].buf, b[1].buf, nodes, loops, b[2].buf, b[3].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 4, result);
}

/* boundary_tiles(low, high, tiles; lattice) */
static PyObject *boundary_tiles(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*w*O&", b, b + 1, b + 2, as_lattice, &lattice)) return NULL;
    int64_t result;
    if (!are_on(&lattice, b, -1) || !fits(b, 0, nodes_of(&lattice), 1) || !fits(b, 1, nodes_of(&lattice), 1) ||
        !fits(b, 2, tiles_of(&lattice), 1))
        return refused(b, 3);
    Py_BEGIN_ALLOW_THREADS
    result = rt_boundary_tiles(b[0].buf, b[1].buf, &lattice, b[2].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 3, result);
}

/* plane_field(edges, first_edge (groups + 1,), radius, number, owner, tiles, g (tiles, 25); lattice) */
static PyObject *plane_field(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[7];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*w*O&", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, as_lattice, &lattice))
        return NULL;
    int64_t groups = b[1].len / 8 - 1, tiles = b[5].len / 8, result;
    const int64_t *first_edge = b[1].buf;
    if (!are_on(&lattice, b, 5) || !are_loops(b, 1) || !fits(b, 1, 2, 8) || !fits(b, 0, first_edge[groups], 32) ||
        !fits(b, 2, groups, 8) || !fits(b, 3, groups, 8) || !fits(b, 4, nodes_of(&lattice), 4) ||
        !fits(b, 6, 25 * tiles, 8))
        return refused(b, 7);
    Py_BEGIN_ALLOW_THREADS
    result = rt_plane_field(b[0].buf, first_edge, groups, b[2].buf, b[3].buf, b[4].buf, &lattice, b[5].buf, tiles,
                            b[6].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 7, result);
}

/* squared_distances(edges, tiles, squared (tiles, 25); lattice) */
static PyObject *squared_distances(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*w*O&", b, b + 1, b + 2, as_lattice, &lattice)) return NULL;
    int64_t tiles = b[1].len / 8, result;
    if (!are_on(&lattice, b, 1) || !fits(b, 0, 1, 32) || !fits(b, 2, 25 * tiles, 8)) return refused(b, 3);
    Py_BEGIN_ALLOW_THREADS
    result = rt_squared_distances(b[0].buf, b[0].len / 32, &lattice, b[1].buf, tiles, b[2].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 3, result);
}

/* zero_level(field (tiles, 25), tiles, edges; lattice) -> how many edges, or -1 where there is no room for them */
static PyObject *zero_level(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*w*O&", b, b + 1, b + 2, as_lattice, &lattice)) return NULL;
    int64_t tiles = b[1].len / 8, result;
    if (!are_on(&lattice, b, 1) || !fits(b, 0, 25 * tiles, 8)) return refused(b, 3);
    Py_BEGIN_ALLOW_THREADS
    result = rt_zero_level(b[0].buf, &lattice, b[1].buf, tiles, b[2].buf, b[2].len / 32);
    Py_END_ALLOW_THREADS
    return finished(b, 3, result);
}

/* layers(kinds (n, 2), numbers (n, 3), values (n, 3, tiles, 25), tiles, is_inside, faces, edges, counts, more (4 tiles,),
 *        spreads (1,); level, lattice) -> how many layers are made */
static PyObject *layers(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[10];
    Lattice lattice;
    double level;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*w*w*w*w*dO&", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, b + 7, b + 8,
                          b + 9, &level, as_lattice, &lattice))
        return NULL;
    int64_t profiles = b[0].len / 16, tiles = b[3].len / 8, count = b[5].len / 8 - 1, result;
    if (!are_on(&lattice, b, 3) || !fits(b, 1, 3 * profiles, 8) || !fits(b, 2, 75 * profiles * tiles, 8) ||
        !fits(b, 4, nodes_of(&lattice), 1) || !fits(b, 7, count, 8) || !fits(b, 8, 4 * tiles, 8) || !fits(b, 9, 1, 8))
        return refused(b, 10);
    Profiles of = {profiles, b[0].buf, b[1].buf, b[2].buf};
    Py_BEGIN_ALLOW_THREADS
    result = rt_layers(&of, &lattice, b[3].buf, tiles, b[4].buf, b[5].buf, count, level, b[6].buf, b[6].len / 32,
                       b[7].buf, b[8].buf, b[9].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 10, result);
}

/* refine(dose (z, y, x), table (3, nodes) and weights (3, fine nodes) of each axis, ranges (3, 3): parts, first and count
 *        of each axis, fine). A table holds steps, shares, and whether steps are even, each from its beginning on. */
static PyObject *refine(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[9];
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*w*", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, b + 7, b + 8))
        return NULL;
    RefinedAxis axes[3];
    int64_t nodes = 1, fine = 1, result;
    int is_room = fits(b, 7, 9, 8);
    for (int k = 0; is_room && k < 3; k++) {
        const int64_t *range = (const int64_t *)b[7].buf + 3 * k;
        const float *table = b[1 + 2 * k].buf;
        int64_t n = b[1 + 2 * k].len / 12, m = b[2 + 2 * k].len / 12;
        is_room = n >= 2 && range[0] >= 1 && range[0] <= m && m == (n - 1) * range[0] + 1 && range[1] >= 0 && range[2] >= 1 &&
                  range[1] <= m - range[2];
        if (!is_room) PyErr_SetString(PyExc_ValueError, "an axis of the kernel is not cut evenly");
        axes[k] = (RefinedAxis){n, range[0], m, range[1], range[2], table, table + n, table + 2 * n, b[2 + 2 * k].buf};
        nodes *= n, fine *= range[2];
    }
    if (!is_room || !fits(b, 0, nodes, 4) || !fits(b, 8, fine, 4)) return refused(b, 9);
    Py_BEGIN_ALLOW_THREADS
    result = rt_refine(b[0].buf, axes, b[8].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 9, result);
}

PyMethodDef FIELD_METHODS[] = {
    {"fill", fill, METH_VARARGS, NULL},
    {"shared_nodes", shared_nodes, METH_VARARGS, NULL},
    {"boundary_tiles", boundary_tiles, METH_VARARGS, NULL},
    {"plane_field", plane_field, METH_VARARGS, NULL},
    {"squared_distances", squared_distances, METH_VARARGS, NULL},
    {"zero_level", zero_level, METH_VARARGS, NULL},
    {"layers", layers, METH_VARARGS, NULL},
    {"refine", refine, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
