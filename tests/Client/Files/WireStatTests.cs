using Cairn.Llb;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;
using Cairn.Wire.Files;
using Xunit;

namespace Cairn.Client.Tests.Files;

public sealed class WireStatTests
{
    [Fact]
    public void Every_mode_of_every_kind_survives_the_way_to_the_wire_and_back()
    {
        foreach (FileKind kind in Enum.GetValues<FileKind>().Where(kind => kind != FileKind.Socket))
        {
            for (uint mode = 0; mode <= 0xFFF; mode++)
            {
                Assert.Equal((kind, mode), WireStat.FromGoMode(WireStat.ToGoMode(kind, mode)));
            }
        }
    }

    [Theory]
    [InlineData(FileKind.Directory, 0x1EDu, 0x800001EDu)]
    [InlineData(FileKind.Regular, 0x9EDu, 0x008001EDu)]      // setuid
    [InlineData(FileKind.Regular, 0x5EDu, 0x004001EDu)]      // setgid
    [InlineData(FileKind.Directory, 0x3FFu, 0x801001FFu)]    // sticky
    [InlineData(FileKind.Symlink, 0x1FFu, 0x080001FFu)]
    [InlineData(FileKind.CharacterDevice, 0x1B6u, 0x042001B6u)]
    [InlineData(FileKind.BlockDevice, 0x1B6u, 0x040001B6u)]
    [InlineData(FileKind.Fifo, 0x1B6u, 0x020001B6u)]
    [InlineData(FileKind.Socket, 0x1B6u, 0x000001B6u)]
    public void Modes_stand_in_the_layout_of_Go(FileKind kind, uint mode, uint bits) => Assert.Equal(bits, WireStat.ToGoMode(kind, mode));

    [Fact]
    public void A_name_that_is_not_text_is_refused_by_name_and_one_beyond_the_first_plane_is_not()
    {
        LocalEntry entry = new("a\uDC80", TransferStats.File, null, new Dictionary<string, byte[]>());
        Assert.Equal("its name is not UTF-8", Assert.Throws<BuildException>(() => WireStat.Of(entry)).Reason);
        Assert.Equal("😀", WireStat.Of(entry with { Path = "😀" }).Path);
    }
}
