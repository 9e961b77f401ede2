// How a frame is cut up before it is packed: groups of channels, tracks of bytes, bands of rows.

/// The parts of a frame of one size and format, as the lossless codec sees them.
///
/// A *group* is the channels that lie together: a plane of the frame. A *track* is one byte of one
/// channel: what is coded as a unit. A *band* is a stretch of rows that is unpacked without others.
struct LosslessShape: Equatable {
    struct Group: Equatable {
        /// The frame's plane.
        var plane: Int
        /// Samples of a pixel: 1, 3 or 4. From 3 on, they are red or blue, green, the other one,
        /// and alpha.
        var channelCount: Int
        /// 1 or 2 bytes.
        var sampleByteCount: Int
        /// Pixels of a row.
        var width: Int
        /// Rows of the whole plane.
        var rows: Int
        /// 1 when the plane has half as many rows as the frame, else 0.
        var rowShift: Int
        /// The number of the group's first track among all.
        var firstTrack: Int

        var trackCount: Int { channelCount * sampleByteCount }
        /// Rows are cut into blocks of 16 samples; the last one is filled up.
        var blockCount: Int { (width + blockLength - 1) / blockLength }
        var paddedWidth: Int { blockCount * blockLength }

        /// The group's rows in the band that begins with row `start` of the frame.
        func rows(bandStart start: Int, bandRows: Int) -> Range<Int> {
            let first = min(start >> rowShift, rows)
            return first..<min(first + bandRows >> rowShift, rows)
        }
    }

    let format: PixelFormat
    let width: Int
    let height: Int
    let groups: [Group]
    let trackCount: Int
    /// Rows of the frame in a band; even.
    let bandRows: Int

    init(format: PixelFormat, width: Int, height: Int, bandRows: Int) {
        (self.format, self.width, self.height) = (format, width, height)
        self.bandRows = bandRows
        var groups: [Group] = []
        var tracks = 0
        for plane in 0..<format.planeCount {
            let size = format.planeSize(plane, width: width, height: height)
            let channels = format.channelCount(plane: plane)
            let group = Group(
                plane: plane, channelCount: channels, sampleByteCount: format.sampleByteCount,
                width: size.rowByteCount / (channels * format.sampleByteCount), rows: size.rows,
                rowShift: size.rows < height ? 1 : 0, firstTrack: tracks)
            tracks += group.trackCount
            groups.append(group)
        }
        self.groups = groups
        trackCount = tracks
    }

    var bandCount: Int { (height + bandRows - 1) / bandRows }
}

/// How many samples of a row are packed together.
let blockLength = 16
