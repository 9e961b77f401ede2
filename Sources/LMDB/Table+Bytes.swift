// Values as they lie in a table, for whoever has to go on where one can't be read.

package import Basics

/// A value's bytes, whatever they mean.
package struct StoredBytes: TableValue, Sendable {
    package var bytes: [UInt8]

    package init(value: inout ByteReader) throws(AssetError) {
        bytes = try value.array(count: value.remaining)
    }

    package func append(to value: inout ByteWriter) { value.append(contentsOf: bytes) }
}

extension Table {
    /// The same table with values that are not interpreted.
    package var uninterpreted: Table<Key, StoredBytes> {
        Table<Key, StoredBytes>(name: name, dbi: dbi)
    }
}
