using System.Text.Json;
using Cairn.Cache.Checksums;
using Cairn.Llb;
using Cairn.Snapshotter.Compression;
using Google.Protobuf;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.History;

/// <summary>The files of recorded builds: a directory for each build, and one for the file lists that builds share. All are zstd.</summary>
internal sealed class HistoryFiles
{
    /// <summary>Directory of the builds, relative to the store's root.</summary>
    public const string BuildsArea = "history/builds";

    /// <summary>Directory of the file lists, relative to the store's root.</summary>
    public const string ListsArea = "history/files";

    private const int Level = 1;   // records are small and many: time counts more than bytes

    private readonly string _builds;
    private readonly string _lists;

    public HistoryFiles(string storeRoot)
    {
        _builds = Path.Combine(storeRoot, BuildsArea);
        _lists = Path.Combine(storeRoot, ListsArea);
    }

    /// <summary>ROOT/history/builds/BUILD.</summary>
    public string Directory(BuildId id) => Path.Combine(_builds, id.Value);

    public string Log(BuildId id) => Path.Combine(Directory(id), "log.zst");

    public string Record(BuildId id) => Path.Combine(Directory(id), "record.json.zst");

    public string Definitions(BuildId id) => Path.Combine(Directory(id), "definitions.zst");

    /// <summary>ROOT/history/files/HEX.</summary>
    public string FileList(string digest) => Path.Combine(_lists, digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..]);

    /// <summary>Makes the directories that hold the others.</summary>
    public void Prepare()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        System.IO.Directory.CreateDirectory(_builds, Mode);
        System.IO.Directory.CreateDirectory(_lists, Mode);
    }

    /// <summary>Writes record and definitions into a build's directory; each appears whole or not at all.</summary>
    /// <returns>Bytes of all files of the build.</returns>
    public long Write(BuildRecord record, IReadOnlyCollection<Definition> definitions)
    {
        Put(Definitions(record.Id), stream =>
        {
            foreach (Definition definition in definitions)
            {
                definition.WriteDelimitedTo(stream);
            }
        });
        Put(Record(record.Id), stream => RecordWriter.Write(stream, record));
        return new DirectoryInfo(Directory(record.Id)).EnumerateFiles().Sum(static file => file.Length);
    }

    /// <summary>The record of a build; null if it was never finished or is damaged.</summary>
    public BuildRecord? TryRead(BuildId id)
    {
        try
        {
            using Stream stream = Open(Record(id));
            BuildRecord? record = JsonSerializer.Deserialize(stream, HistoryJson.Default.BuildRecord);
            return record is { Format: BuildRecord.CurrentFormat } ? record : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException or BuildException)
        {
            return null;
        }
    }

    /// <summary>The definitions that a build loaded, in that order; none if they are damaged or absent.</summary>
    public IReadOnlyList<Definition> ReadDefinitions(BuildId id)
    {
        try
        {
            using Stream stream = Open(Definitions(id));
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            bytes.Position = 0;
            List<Definition> definitions = [];
            while (bytes.Position < bytes.Length)
            {
                definitions.Add(Definition.Parser.ParseDelimitedFrom(bytes));
            }

            return definitions;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or InvalidProtocolBufferException or BuildException)
        {
            return [];
        }
    }

    /// <summary>Writes a file list to a path in the staging area.</summary>
    /// <returns>Its bytes.</returns>
    public static long WriteFileList(string path, IEnumerable<ContentFile> files)
    {
        Put(path, stream =>
        {
            using var writer = new BinaryWriter(stream);
            FileLists.Write(writer, files);
        });
        return new FileInfo(path).Length;
    }

    /// <summary>The files that a content digest stands for; null if that is not kept.</summary>
    public IReadOnlyList<ContentFile>? TryReadFileList(string digest)
    {
        try
        {
            using Stream stream = Open(FileList(digest));
            using var reader = new BinaryReader(new BufferedStream(stream, 64 << 10));
            return FileLists.Read(reader);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or EndOfStreamException or BuildException)
        {
            return null;
        }
    }

    /// <summary>Puts a further file into a build's directory, in place of one of that name.</summary>
    /// <exception cref="IOException">The build has no directory, or the file cannot be written.</exception>
    public void Attach(BuildId id, string name, Action<Stream> write) => Put(Attachment(id, name), write);

    /// <summary>A further file of a build; null if there is none of that name.</summary>
    public Stream? TryOpenAttachment(BuildId id, string name)
    {
        try
        {
            return Open(Attachment(id, name));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private string Attachment(BuildId id, string name) => Path.Combine(Directory(id), $"{name}.zst");

    private static void Put(string path, Action<Stream> write)
    {
        string temporary = path + ".new";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        using (Stream encoder = Compressors.Compress(file, CompressionKind.Zstd, Level))
        using (var buffer = new BufferedStream(encoder, 64 << 10))
        {
            write(buffer);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static Stream Open(string path) => Compressors.Decompress(
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete), CompressionKind.Zstd);
}
