"""What people call colours: answers of the XKCD colour survey (R. Munroe 2010, 222,500 people, released as CC0).

Of its 949 names those were taken whose last word is one of our thirteen or a kind of it (navy, olive, maroon), without
those that their five nearest neighbours contradict (Wilson editing, 1972). Greys, blacks and whites are few there: the
last of each row are ours. The words are the eleven basic colour terms of Berlin and Kay (1969), with beige and teal,
which shoppers use.
"""

from __future__ import annotations

from typing import Final

#: name -> what it is called in Chinese
CHINESE: Final = {
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "green": "绿色",
    "teal": "青色",
    "blue": "蓝色",
    "purple": "紫色",
    "pink": "粉色",
    "brown": "棕色",
    "beige": "米色",
    "grey": "灰色",
    "black": "黑色",
    "white": "白色",
}

#: name -> sRGB colours that people call so
CALLED: Final = {
    "red": (
        "850e04 ff073a 8c0034 db5856 a90308 af2f0d fe2f4a b9484e c0022f ec2d01 a8415b f43605 aa2704 fe0002 f7022a "
        "d3494e bb3f3f fc2647 9f2305 a24857 7b0323 9e3623 d9544d 9a0200 be0119 980002 80013f ff000d f10c45 a03623 "
        "8c000f ff474c 610023 8f1402 840000 650021 e50000"
    ),
    "orange": (
        "ca6b02 fe4b03 f0833a c45508 f0944d ff964f ffab0f ff724c cd5909 dc4d01 c87606 fb7d07 d8863b ff5b00 cb7723 "
        "ff9408 e17701 ffa756 c65102 fdaa48 c04e01 f97306"
    ),
    "yellow": (
        "d0e429 fff917 fdde6c ffdf22 fdb915 fddc5c ffda03 ddd618 f1f33f bfac05 fafe4b fdee73 f7d560 fffd37 feff7f "
        "c7c10c cfff04 fffd74 d0c101 c6f808 d5ab09 fffe71 fffe40 fdff38 eedc5b fdff52 c9b003 c2be0e fec615 fffd01 "
        "cdc50a cdfd02 fffe7a ffff84 d2bd0a d5b60a dbb40c ceb301 ffff14"
    ),
    "green": (
        "56ae57 a8ff04 69d84f 70b23f 388004 61de2a a6c875 a7ffb5 b2fba5 63b365 8ee53f bdf8a3 6f6c0a 009337 c8ffb0 "
        "40fd14 c4fe82 2cfa1f 0cdc73 b1fc99 76fda8 53fe5c 4efd54 bcf5a6 90fda9 c2ff89 014600 96b403 089404 598556 "
        "8fae22 699d4c a0bf16 5c8b15 1bfc06 b6ffbb 606602 758000 6f7c00 21c36f 4b6113 4da409 b1d27b 9af764 a6fbb2 "
        "3eaf76 8cff9e 94ac02 33b864 889717 75b84f 9cbb04 35ad6b cffdbc 0add08 87fd05 bcecac 548d44 3ae57f 87a922 "
        "25ff29 aeff6e 8f9805 51b73b 58bc08 2fef10 2dfe54 0aff02 48c072 50a747 20c073 9db92c 638b27 419c03 b1ff65 "
        "befd73 6ba353 02c14d 2a7e19 2bb179 99cc04 019529 5cb200 6c7a0e 044a05 61e160 65fe08 84b701 5fa052 3d9973 "
        "76a973 0bf77d 2baf6a aefd6c 05480d 98f6b0 11875d 287c37 94b21c 9be5aa 8cfd7e 658d6d 667c3e 94a617 062e03 "
        "7ebd01 748500 002d04 749551 b9ff66 9dc100 657432 08ff08 6fc276 8ffe09 4f9153 3c4d03 0b5509 75fd63 21fc0d "
        "048243 667e2c d1ffbd 02590f 89a203 7bb274 526525 028f1e 39ad48 a4be5c 7a9703 6a6e09 0a481e 82a67d 373e02 "
        "88b378 5cac2d 769958 10a674 154406 76cd26 74a662 acbf69 b0dd16 87ae73 658b38 5ca904 0b4008 4b5d16 a9f971 "
        "b0ff9d 9ffeb0 8eab12 9aae07 02ab2e 7af9ab 8fff9f 3f9b0b 0cff0c aaff32 53fca1 677a04 c7fdb5 6e750e 01ff07 "
        "06470c 033500 89fe05 96f97b 15b01a"
    ),
    "teal": (
        "4c9085 017374 08787f 719f91 5f9e8f 00fbb0 41fdfe 2afeb7 00555a 0bf9ea a5fbd5 0ffef9 01f9c6 8cffdb 05696b "
        "0a888a 7ef4cc 045c5a 014d4e 13eac9 00ffff 029386"
    ),
    "blue": (
        "acc2d9 d4ffff 0c06f7 3778bf 2242c7 507b9c 5684ae 3a2efe 26538d 107ab0 31668a 247afd 3a18b1 02066f 214761 "
        "3c73a8 021bf9 4b57db 015482 d6fffe 3e82fc 4f738e cafffb 152eff 0339f8 c3fbf4 0203e2 0a437a 0e87cc c4fff7 "
        "bdf6fe 3f829d 016795 040348 4984b8 1805db 3b719f 475f94 436bad 1f0954 00022e 000435 0804f9 0d75f8 8ab8fe "
        "02ccfe 155084 000133 2e5a88 8af1fe 661aee 6140ef 276ab3 6488ea 056eee 004577 014182 3b5b92 3d7afd 5f34e7 "
        "658cbb 010fcc c6fcff 01386a 5a86ad 3b638c 04d9ff d7fffe 4e7496 d5ffff 448ee4 49759c 030aa7 a2bffe 1e488f "
        "b1d1fc 0652ff 069af3 5170d7 5e819d 601ef9 2c6fbb 020035 03719c 98eff9 5a7d9a 047495 5b7c99 040273 a2cffe "
        "d0fefe 01153e 0165fc 380282 001146 0504aa 00035b 75bbfd 95d0fc 0343df"
    ),
    "purple": (
        "894585 952e8f 966ebd ac86a8 430541 ca9bf7 720058 9900fa 751973 734a65 4e0550 8d5eb7 fed0fc a552e6 ad03de "
        "a442a0 c95efb 5d1451 3f012c 280137 805b87 895b7b 490648 a66fb5 c071fe 9d5783 e4cbff 76424e 2a0134 edc8ff "
        "c760ff f6cefc a55af4 ad0afd 9e43a2 cb00f5 aa23ff eecffe 916e99 ceaefa a00498 9c6da5 825f87 dfc5fe 84597e "
        "874c62 3d0734 887191 caa0ff 856798 34013f bc13fe d6b4fc 380835 b790d4 36013f 4b006e 580f41 be03fd cea2fd "
        "35063e c79fef 9a0eea bf77f6 7e1e9c"
    ),
    "pink": (
        "ff0789 e78ea5 ff63e9 ffb2d0 da467d c87f89 ff9a8a f6688e 9d0759 d767ad d1768f ff6163 d90166 c77986 fb5581 "
        "ffb19a fe828c ff69af c74767 f504c9 c27e79 f36196 cd7584 ff0490 ff7fa7 fdc1c5 a0025c f075e6 fea993 ffc5cb "
        "fe02a2 de9dac fdb0c0 c88d94 ff08e8 ba6873 ca7b80 fe46a5 fe83cc cc7a8b ffbacd d5869d d58a94 ce5dae fa5ff7 "
        "fe019a f7879a fe7b7c ffb7ce cb0162 c0737a 960056 ed0dd9 ffcfdc fe01b1 cf6275 ffd1df cb416b ff028d ff796c "
        "c20078 ff81c0"
    ),
    "brown": (
        "410200 9a6200 b2713d a75e09 964e02 696006 947706 876e4b 886806 7f4e1e b25f03 885f01 836539 7f5112 7a5901 "
        "60460f b16002 9d7651 7b5804 b27a01 7a6a4f 9b7a01 b26400 411900 a0450e 696112 3d1c02 a9561e b04e0f 341c02 "
        "653700"
    ),
    "beige": ("fff39a e6f2a2 a88f59 fffeb6 9b8f55 feffca fbeeac ac9362 af884a ffffc2 e2ca76 b9a281 aaa662 e6daa6"),
    "grey": (
        "997570 6b7c85 95a3a6 89a0b0 978a84 7d7f7c c5c9c7 6f828a 748b97 59656d d8dcd6 929591 c8c8c8 d7d9dc 3c3e40 "
        "e1e2e4 646464 a0a2a5"
    ),
    "black": ("070d0d 000000 1e1e1e 262224 141012 0c0c0e 2a2a2c"),
    "white": ("ffffe4 ffffff ffffff f0f0f0 f8f6f2 f4f4f8 faf8f0"),
}
