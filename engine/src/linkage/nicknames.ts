/**
 * Short and pet forms of English given names, the name itself first. Names that several share (Alex,
 * Chris, Pat) bring their full names into one group, which the sex of a person then tells apart.
 */
const groups = `
abigail abby abbie gail|abraham abe abram|adam ad|adelaide addie|agnes aggie nessie|albert al bert bertie|alexander alexandra alex sandy sasha xander lex alec alexandria sandra|alfred alf alfie fred
allison alison ali allie|amanda mandy|amelia millie amy emily emmy|andrew andy drew andreas|angela angie angelina|ann anne anna annie nan nancy hannah anita|anthony tony antonio ant|arthur art artie
augustus gus august|barbara barb barbie babs|benjamin ben benny benji|bernard bernie|beverly bev beverley|bradley brad|brenda bren|caroline carolyn carol carrie caro|catherine katherine kathryn kate katie kathy cathy kat kitty kay katy kathleen katharine
cecilia cecily celia cissy|charles charlie chuck chas charlotte lottie char|christopher christine christina chris kit christian tina chrissy topher kristin kristen kris kirsten christie christy|clifford cliff|cynthia cindy|daniel dan danny danielle dani|david dave davy davey
deborah deb debbie debra|dennis denny denis|dominic dom nick|donald don donnie donny|dorothy dot dottie dolly|douglas doug|edward eddie ed ted teddy ned edwin edmund|eleanor elaine ellie nell nora ellen helen elena nellie lenore
elizabeth liz beth betty eliza lizzie elisabeth libby bess bessie betsy lisa elsie lisbeth|eugene gene|evelyn eve evie|florence flo florrie|frances francis fran frank francine frankie francisco fanny|franklin frankie|frederick fred freddie freddy rick|gabriel gabrielle gabe gabby
gerald gerry jerry geraldine gerard|geoffrey geoff jeffrey jeff jeffery|george georgie georgina georgia|gertrude gertie trudy|gilbert gil|gregory greg gregg|harold harry hal|harriet hattie harry|henry harry hank hal henrietta|herbert herb bert|howard howie|hubert bert hugh
isaac ike|isabella isabel isabelle bella izzy belle|jacob jake jack|jacqueline jackie jacquelyn jacqui|james jim jimmy jamie jem|janet jan janice jane jenny|jason jay|jennifer jen jenny jenn|jessica jess jessie|joan joanna joanne jo joann|john jack johnny jon jonathan johnnie jonny nathan
joseph joe joey jose jo|josephine jo josie|joshua josh|joyce joy|judith judy judi|julia julie juliet jules julian|katelyn kate caitlin|kenneth ken kenny|kimberly kim kimberley|lawrence larry laurence lawrie lorenzo|leonard len leo lenny leon|leslie les lesley|lillian lily lil lilly
linda lynn lindy lynda lyn|louis lou louise lewis luis|lucille lucy lucia lucinda|madeleine maddie madeline maddy madison|margaret maggie meg peggy marge margie rita greta daisy madge margot maisie|maria mary marie molly polly mae mamie may miriam|marilyn mari|martha marty mattie
martin marty|matthew matt mat mathew|maureen mo|maxwell max maximilian maxine|melissa mel missy melanie|michael mike mick micky mickey michelle shelly shelley mikey micheal mitch mitchell|mildred millie|miranda mandy|nathaniel nathan nat nate|nicholas nick nicky nicola nicole nikki nico nicolas
norman norm|oliver ollie olivia livvy|oscar ossie|pamela pam|patricia patrick pat patsy trish tricia paddy patty trisha|paul pauline paulie paula|penelope penny|peter pete|philip phil phillip pip philippa|priscilla cilla|rachel rach rachael|ralph rafe|raymond ray|rebecca becky becca bec
reginald reg reggie|richard rick dick ricky rich richie dickie|robert bob bobby rob robbie bert robin roberta bobbie|roger rog|ronald ron ronnie ronny|roosevelt rosie|rosemary rose rosie romy|russell russ rusty|ruth ruthie|samuel sam sammy samantha|sarah sara sally sadie|sebastian seb bastian
sharon shari|sheila she|sidney sid sydney syd|simon si|sophia sophie soph|stanley stan|stephen steve steven stevie stephanie steph stefan|stuart stu stewart|susan sue susie suzanne suzy susanna susannah|sylvia syl|tamara tammy|terence terry terrance teresa theresa tess tessa tracy therese|theodore ted teddy theo
thomas tom tommy thom|timothy tim timmy|tobias toby|valerie val|vanessa nessa|veronica ronnie|victor vic victoria vicky vicki tori vikki|vincent vince vinnie vin|virginia ginny ginger|walter walt wally|wendy wen|wilfred wilf|william bill billy will willie liam wills willy|winifred winnie|yvonne vonnie|zachary zach zack zac
`;

/** Each name with the first of its group; a name of several groups is of the first. */
export function nicknameRows(): (readonly [name: string, root: string])[] {
  const roots = new Map<string, string>();
  for (const group of groups.trim().split(/[|\n]/)) {
    const [root = '', ...others] = group.trim().split(' ');
    for (const name of [root, ...others]) if (!roots.has(name)) roots.set(name, root);
  }
  return [...roots];
}
