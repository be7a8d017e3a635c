using Cairn.Client.Tests.Support;
using Cairn.Rpc.Client;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;
using Cairn.Wire.Files;
using Xunit;

namespace Cairn.Client.Tests.Files;

public sealed class FileTransferTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_a_sender_sends_a_receiver_accepts_with_every_content_as_it_is(int seed)
    {
        var random = new Random(seed);
        Dictionary<string, byte[]> files = Fill(random, _directory.Path, 60);
        await using TransferLink link = await ServeAsync(_directory.Path);
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);

        var entries = new List<ReceivedEntry>();
        var reading = new List<Task<(string Path, byte[] Content)>>();
        await foreach (ReceivedEntry received in receiver.ReadEntriesAsync(Token))
        {
            entries.Add(received);
            if (received.HasContent)
            {
                reading.Add(ReadAsync(received.Entry.Path, receiver.Open(received.Id)));
            }
        }

        foreach ((string path, byte[] content) in await Task.WhenAll(reading))
        {
            Assert.True(IsSame(files[path], content), path);
        }

        await receiver.FinishAsync();
        using RootedTree tree = RootedTree.Open(_directory.Path);
        LocalEntry[] sent = [.. LocalWalk.Entries(tree, LocalFilter.All, keepOwners: false, Token)];
        Assert.Equal(sent.Select(Text), entries.Select(e => Text(e.Entry)));
        Assert.Equal(files.Count, reading.Count);
    }

    [Fact]
    public async Task Many_contents_opened_ahead_and_read_one_after_the_other_arrive_whole()
    {
        var random = new Random(7);
        var files = new Dictionary<string, byte[]>();
        for (int i = 0; i < 60; i++)
        {
            // Together far more than may be under way at once, and one that is larger than that alone.
            byte[] content = new byte[i == 20 ? (int)PacketReceiver.Window * 3 : 600_000];
            random.NextBytes(content);
            files[$"f{i:00}"] = content;
            File.WriteAllBytes(_directory[$"f{i:00}"], content);
        }

        await using TransferLink link = await ServeAsync(_directory.Path);
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);
        var opened = new List<(string Path, Stream Content)>();
        await foreach (ReceivedEntry received in receiver.ReadEntriesAsync(Token))
        {
            opened.Add((received.Entry.Path, receiver.Open(received.Id)));
        }

        foreach ((string path, Stream content) in opened)
        {
            Assert.True(IsSame(files[path], (await ReadAsync(path, content)).Content), path);
        }

        await receiver.FinishAsync();
        Assert.Equal(60, opened.Count);
    }

    [Fact]
    public async Task A_content_that_is_given_up_holds_up_no_other()
    {
        File.WriteAllBytes(_directory["a"], new byte[PacketReceiver.Window * 2]);
        File.WriteAllBytes(_directory["b"], new byte[PacketReceiver.Window * 2]);
        File.WriteAllText(_directory["c"], "last");
        await using TransferLink link = await ServeAsync(_directory.Path);
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);
        List<ReceivedEntry> entries = await receiver.ReadEntriesAsync(Token).ToListAsync(Token);

        Stream a = receiver.Open(entries[0].Id);
        Stream b = receiver.Open(entries[1].Id);
        Stream c = receiver.Open(entries[2].Id);
        await a.ReadExactlyAsync(new byte[10], Token);
        await b.DisposeAsync();   // before it was asked for
        await a.DisposeAsync();   // in the midst of it

        Assert.Equal("last"u8.ToArray(), (await ReadAsync("c", c)).Content);
        await receiver.FinishAsync();
    }

    [Fact]
    public async Task A_file_that_has_gone_meanwhile_arrives_empty()
    {
        _directory.Write("gone", "something");
        await using TransferLink link = await ServeAsync(_directory.Path);
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);
        List<ReceivedEntry> entries = await receiver.ReadEntriesAsync(Token).ToListAsync(Token);
        File.Delete(_directory["gone"]);

        Assert.Empty((await ReadAsync("gone", receiver.Open(entries[0].Id))).Content);
        await receiver.FinishAsync();
    }

    [Fact]
    public async Task A_receiver_that_fails_tells_the_sender_why()
    {
        _directory.Write("a", "b");
        var outcome = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TransferLink link = await ServeAsync(_directory.Path, outcome);
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);
        await receiver.ReadEntriesAsync(Token).ToListAsync(Token);
        await receiver.FailAsync("no space left");

        Exception? failure = await outcome.Task.WaitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.Equal("error from receiver: no space left", failure?.Message);
    }

    [Fact]
    public async Task A_sender_that_fails_tells_the_receiver_why()
    {
        await using TransferLink link = await TransferLink.OpenAsync(
            (requests, packets, token) => PacketSender.SendAsync(Failing(), _ => Stream.Null, requests, packets, token));
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);

        Exception failure = await Assert.ThrowsAnyAsync<Exception>(async () => await receiver.ReadEntriesAsync(Token).ToListAsync(Token));
        Assert.Equal("error from sender: the disk is broken", failure.Message);

        static async IAsyncEnumerable<LocalEntry> Failing()
        {
            await Task.Yield();
            yield return new LocalEntry("a", TransferStats.File, null, new Dictionary<string, byte[]>());
            throw new IOException("the disk is broken");
        }
    }

    private static async Task<(string Path, byte[] Content)> ReadAsync(string path, Stream content)
    {
        using var bytes = new MemoryStream();
        await using (content)
        {
            await content.CopyToAsync(bytes, Token);
        }

        return (path, bytes.ToArray());
    }

    private static bool IsSame(byte[] left, byte[] right) => left.AsSpan().SequenceEqual(right);

    private static string Text(LocalEntry e) =>
        $"{e.Path} {e.Status.Kind} {e.Status.Mode:x} {e.Status.Uid} {e.Status.Gid} {e.Status.ModifiedNanoseconds} {e.LinkTarget} "
        + $"{(e.Status.IsRegular && e.LinkTarget is null ? e.Status.Size : 0)} {string.Join(',', e.Attributes.Select(a => $"{a.Key}={Convert.ToHexString(a.Value)}"))}";

    private static Task<TransferLink> ServeAsync(string directory, TaskCompletionSource<Exception?>? outcome = null) =>
        TransferLink.OpenAsync(async (requests, packets, token) =>
        {
            using RootedTree tree = RootedTree.Open(directory);
            Exception? failure = null;
            try
            {
                await PacketSender.SendAsync(
                    LocalWalk.Entries(tree, LocalFilter.All, keepOwners: false, token).ToAsyncEnumerable(),
                    path => tree.OpenRead("/" + path), requests, packets, token);
            }
            catch (Exception e)
            {
                failure = e;
                throw;
            }
            finally
            {
                outcome?.TrySetResult(failure);
            }
        });

    private static Dictionary<string, byte[]> Fill(Random random, string root, int count)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var directories = new List<string> { "" };
        string[] names = ["a", "b", "a-b", "a.b", "ä", "日本", "😀", "with space", "Z", "a+b", "100%"];
        for (int i = 0; i < count; i++)
        {
            string parent = directories[random.Next(directories.Count)];
            string name = names[random.Next(names.Length)] + random.Next(30);
            string relative = parent.Length == 0 ? name : parent + "/" + name;
            string path = Path.Combine(root, relative);
            if (File.Exists(path) || Directory.Exists(path))
            {
                continue;
            }

            switch (random.Next(6))
            {
                case 0:
                    Directory.CreateDirectory(path);
                    directories.Add(relative);
                    break;
                case 1:
                    File.CreateSymbolicLink(path, "../somewhere/" + name);
                    break;
                default:
                    // Around the borders of parts: nothing, one part, a little more, several.
                    byte[] content = new byte[(random.Next(4) * 32768) + random.Next(-1, 2) is var size and >= 0 ? size : 0];
                    random.NextBytes(content);
                    File.WriteAllBytes(path, content);
                    File.SetUnixFileMode(path, (UnixFileMode)random.Next(0x100, 0x1000));
                    files[relative] = content;
                    break;
            }
        }

        return files;
    }
}
