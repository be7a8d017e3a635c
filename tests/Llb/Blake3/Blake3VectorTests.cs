using System.Globalization;
using System.Text;
using Blake3;
using Xunit;

namespace Cairn.Llb.Tests.Blake3;

/// <summary>The official vectors: 35 lengths in three modes with long outputs.</summary>
public class Blake3VectorTests
{
    private const string Context = "BLAKE3 2019-12-27 16:29:52 test vectors context";
    private static readonly byte[] Key = Encoding.ASCII.GetBytes("whats the Elvish word for friend");

    public static TheoryData<int, string, string, string> Vectors()
    {
        var data = new TheoryData<int, string, string, string>();
        foreach (string line in Golden.Lines("blake3/vectors.txt").Where(line => !line.StartsWith('#')))
        {
            string[] fields = line.Split(' ');
            data.Add(int.Parse(fields[0], CultureInfo.InvariantCulture), fields[1], fields[2], fields[3]);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_official_vectors_come_out_in_all_modes(int length, string plain, string keyed, string derived)
    {
        byte[] input = Input(length);

        Assert.Equal(plain, Output(Hasher.New(), input));
        Assert.Equal(keyed, Output(Hasher.NewKeyed(Key), input));
        Assert.Equal(derived, Output(Hasher.NewDeriveKey(Context), input));
        Assert.Equal(plain[..64], Hasher.Hash(input).ToString());
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Pieces_of_any_size_give_the_hash_of_the_whole(int length, string plain, string keyed, string derived)
    {
        byte[] input = Input(length);
        foreach (int piece in (int[])[1, 63, 64, 65, 1000, 1024, 1025, 8192, 65536])
        {
            if (length / piece > 20_000)
            {
                continue;
            }
            using Hasher hasher = Hasher.NewKeyed(Key);
            for (int at = 0; at < length; at += piece)
            {
                hasher.Update(input.AsSpan(at, Math.Min(piece, length - at)));
                _ = at % 8 == 0 ? hasher.Finalize() : default;   // looking at it changes nothing
            }
            Assert.Equal(keyed[..64], hasher.Finalize().ToString());
        }
        using Hasher joined = Hasher.NewDeriveKey(Context);
        joined.UpdateWithJoin(input.AsMemory(0, length / 3));
        joined.UpdateWithJoin(input.AsMemory(length / 3));
        Assert.Equal(derived[..64], joined.Finalize().ToString());
        joined.Reset();
        joined.Update(input);
        Assert.Equal(derived[..64], joined.Finalize().ToString());
        Assert.Equal(262, plain.Length);
    }

    [Fact]
    public void The_output_can_be_read_from_anywhere()
    {
        using Hasher hasher = Hasher.New();
        hasher.Update(Input(5000));
        byte[] whole = new byte[1000];
        hasher.Finalize(whole);
        foreach ((int offset, int length) in ((int, int)[])[(0, 1), (1, 63), (63, 2), (64, 64), (100, 900), (999, 1)])
        {
            byte[] part = new byte[length];
            hasher.Finalize((ulong)offset, part);
            Assert.Equal(whole[offset..(offset + length)], part);
        }
    }

    [Fact]
    public void Streams_hash_what_passes()
    {
        byte[] input = Input(100_000);
        using var reading = new Blake3Stream(new MemoryStream(input));
        reading.CopyTo(Stream.Null, 777);
        using var writing = new Blake3Stream(new MemoryStream());
        writing.Write(input);

        Assert.Equal(Hasher.Hash(input), reading.ComputeHash());
        Assert.Equal(Hasher.Hash(input), writing.ComputeHash());
    }

    [Fact]
    public void A_hash_is_its_bytes()
    {
        Hash one = Hasher.Hash("a"u8);
        Hash other = Hasher.Hash("b"u8);

        Assert.Equal(one, Hash.FromBytes(one.ToArray()));
        Assert.NotEqual(one, other);
        Assert.Equal(Math.Sign(one.ToArray().AsSpan().SequenceCompareTo(other.ToArray())), Math.Sign(one.CompareTo(other)));
        Assert.Throws<ArgumentException>(() => Hash.FromBytes(new byte[31]));
        Assert.Throws<ArgumentException>(() => Hasher.NewKeyed(new byte[31]));
    }

    private static byte[] Input(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))];

    private static string Output(Hasher hasher, byte[] input)
    {
        using (hasher)
        {
            hasher.Update(input);
            byte[] output = new byte[131];
            hasher.Finalize(output);
            return Convert.ToHexStringLower(output);
        }
    }
}
